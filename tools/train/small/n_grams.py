"""What a model is compared with: n-grams of units, interpolated by Kneser and Ney.

Source: Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling", 1999, section 3 (one discount for
each order, n1 / (n1 + 2 n2)).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence


class KneserNey:
    """Probabilities of ids below `size`, by the `order - 1` ids before each. -1 stands before a sequence."""

    def __init__(self, sequences: Sequence[Sequence[int]], order: int, size: int):
        self.order, self.size = order, size
        counts = [Counter() for _ in range(order + 1)]
        for sequence in sequences:
            padded = [-1] * (order - 1) + list(sequence)
            for end in range(order, len(padded) + 1):
                counts[order][tuple(padded[end - order : end])] += 1
        # Shorter ones count in how many ways they go on to the left.
        for n in range(order - 1, 0, -1):
            for gram in counts[n + 1]:
                counts[n][gram[1:]] += 1
        self.counts = counts
        self.totals, self.kinds, self.discounts = [], [], []
        for n in range(order + 1):
            total, kinds = defaultdict(int), defaultdict(int)
            for gram, count in counts[n].items():
                total[gram[:-1]] += count
                kinds[gram[:-1]] += 1
            once = sum(count == 1 for count in counts[n].values())
            twice = sum(count == 2 for count in counts[n].values())
            self.totals.append(total)
            self.kinds.append(kinds)
            self.discounts.append(once / (once + 2 * twice) if once else 0.5)

    def probability(self, gram: tuple[int, ...]) -> float:
        value = 1 / self.size
        for n in range(1, self.order + 1):
            part = gram[len(gram) - n :]
            total = self.totals[n].get(part[:-1], 0)
            if total == 0:
                break
            discount = self.discounts[n]
            found = max(self.counts[n].get(part, 0) - discount, 0) / total
            value = found + discount * self.kinds[n][part[:-1]] / total * value
        return value

    def cross_entropy(self, sequences: Sequence[Sequence[int]]) -> float:
        """Nats for each id."""
        total, count = 0.0, 0
        for sequence in sequences:
            padded = [-1] * (self.order - 1) + list(sequence)
            for end in range(self.order, len(padded) + 1):
                total -= math.log(self.probability(tuple(padded[end - self.order : end])))
                count += 1
        return total / count

"""ABX between speakers: is a word nearer to itself, said by someone else, than to another word of the first speaker?

A and X are the same word by two speakers, B is another word by A's speaker. The error is the share of triples where X is
nearer to B (a tie counts half), averaged over words first, so that frequent words do not decide it. The same for phones, and
for three phones in a row where B differs from A in the middle one alone.
Sources: Schatz et al., "Evaluating speech features with the Minimal-Pair ABX task", 2013; Kahn et al., "Libri-Light", 2020,
for the triphones.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from measures import dtw


@dataclass(frozen=True)
class Token:
    """A word, a phone or three phones in a recording: rows `first` to `end`. It is told from those of the same context."""

    name: str
    speaker: str
    recording: str
    first: int
    end: int
    context: str = ""


Triple = tuple[Token, Token, Token]


def triples(tokens: list[Token], seed: int, per_name: int) -> list[Triple]:
    """At most `per_name` triples (A, B, X) of each name that two speakers have; B lasts 2/3 to 3/2 as long as A."""
    random = np.random.default_rng(seed)
    by_name, by_speaker = defaultdict(list), defaultdict(list)
    for token in tokens:
        by_name[token.name].append(token)
        by_speaker[token.speaker, token.context].append(token)
    found = []
    for name in sorted(by_name):
        same = by_name[name]
        pairs = [(a, x) for a in same for x in same if a.speaker != x.speaker]
        random.shuffle(pairs)
        for a, x in pairs[:per_name]:
            length = a.end - a.first
            others = [b for b in by_speaker[a.speaker, a.context] if b.name != name and 2 / 3 <= (b.end - b.first) / length <= 3 / 2]
            if others:
                found.append((a, others[int(random.integers(len(others)))], x))
    return found


def error(found: list[Triple], values: dict[str, np.ndarray], distance: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> float:
    """Values by recording [rows, …] and the distances between rows -> the error, from 0 to 1."""

    def part(token: Token) -> np.ndarray:
        return values[token.recording][token.first : token.end]

    near = dtw([distance(part(x), part(a)) for a, _, x in found])
    far = dtw([distance(part(x), part(b)) for _, b, x in found])
    scores = defaultdict(list)
    for (a, _, _), wrong in zip(found, np.where(near == far, 0.5, near > far)):
        scores[a.name].append(float(wrong))
    return float(np.mean([np.mean(s) for s in scores.values()]))

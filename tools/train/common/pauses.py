"""Long pauses in recordings: a model that writes speech says nothing for as long as what it read did."""

import numpy as np

QUIET_DB = 30  # below the loud frames of a recording (the 95th percentile)


def shorten_pauses(x: np.ndarray, longest_seconds: float, rate: int) -> np.ndarray:
    """Samples [N] -> the same with pauses of at most so long; those at the ends, of half of it."""
    hop = rate // 50
    count, keep = len(x) // hop, round(longest_seconds * rate / hop / 2)
    energies = np.square(x[: count * hop].reshape(count, hop), dtype=np.float64).mean(1) + 1e-12
    sounds = np.flatnonzero(energies > np.percentile(energies, 95) * 10 ** (-QUIET_DB / 10)) if count else []
    if len(sounds) == 0:
        return x
    near = np.zeros(count + 1, bool)
    for reach in range(-keep, keep + 1):
        near[np.clip(sounds + reach, 0, count - 1)] = True
    near[count] = near[count - 1]  # what does not fill a frame
    return x[np.repeat(near, hop)[: len(x)]]

"""What units say about phones and about speakers. All of it on labels; nothing is trained here but the small probes."""

import math

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


def phone_measures(units: np.ndarray, phones: np.ndarray) -> dict[str, float]:
    """Units [rows] and phones [rows] -> phone purity, cluster purity, and mutual information over the phones' entropy.

    Source: Hsu et al., "HuBERT", 2021, section IV-D. Mutual information is that of the counts, without a correction.
    """
    _, u = np.unique(units, return_inverse=True)
    _, p = np.unique(phones, return_inverse=True)
    joint = np.zeros((u.max() + 1, p.max() + 1))
    np.add.at(joint, (u, p), 1)
    joint /= joint.sum()
    pu, pp = joint.sum(1), joint.sum(0)
    seen = joint > 0
    information = float((joint[seen] * np.log(joint[seen] / np.outer(pu, pp)[seen])).sum())
    return {
        "phone_purity": float(joint.max(1).sum()),
        "cluster_purity": float(joint.max(0).sum()),
        "pnmi": information / float(-(pp * np.log(pp)).sum()),
    }


def entropy_bits(units: np.ndarray) -> float:
    p = np.unique(units, return_counts=True)[1] / len(units)
    return float(-(p * np.log2(p)).sum())


def speaker_error(units: list[np.ndarray], speakers: list[str], unit_count: int, folds: int = 5) -> dict[str, float]:
    """How well a linear probe names the speaker of an utterance from how often its units occur: accuracy in percent.

    Utterances of the test fold were not seen; each fold has a part of every speaker's.
    """
    x = np.stack([np.bincount(u, minlength=unit_count) / max(1, len(u)) for u in units])
    x = np.sqrt(x)  # closer to a normal distribution
    names = np.array(speakers)
    fold = np.zeros(len(names), int)
    for name in sorted(set(speakers)):
        at = np.flatnonzero(names == name)
        fold[at] = np.arange(len(at)) % folds
    right = 0
    for k in range(folds):
        scale = StandardScaler(with_std=False).fit(x[fold != k])
        probe = LogisticRegression(C=100.0, max_iter=2000).fit(scale.transform(x[fold != k]), names[fold != k])
        right += int((probe.predict(scale.transform(x[fold == k])) == names[fold == k]).sum())
    return {"speaker_accuracy": right / len(names), "chance": 1 / len(set(speakers))}


def dtw(costs: list[np.ndarray]) -> np.ndarray:
    """Costs [m, n] of many pairs -> for each the mean cost along the best path of steps right, down and both: [pairs]."""
    m, n = max(c.shape[0] for c in costs), max(c.shape[1] for c in costs)
    padded = np.zeros((m, n, len(costs)))  # cells beyond a pair's own last one do not change that one
    for pair, c in enumerate(costs):
        padded[: c.shape[0], : c.shape[1], pair] = c
    total = np.full((m + 1, n + 1, len(costs)), math.inf)
    steps = np.zeros((m + 1, n + 1, len(costs)))
    total[0, 0] = 0
    for i in range(m):
        for j in range(n):
            before, length = total[i, j], steps[i, j]
            for a, b in ((i, j + 1), (i + 1, j)):
                less = total[a, b] < before
                before, length = np.where(less, total[a, b], before), np.where(less, steps[a, b], length)
            total[i + 1, j + 1], steps[i + 1, j + 1] = before + padded[i, j], length + 1
    at = (np.array([c.shape[0] for c in costs]), np.array([c.shape[1] for c in costs]), np.arange(len(costs)))
    return total[at] / steps[at]


def angular(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angles between rows over pi: [m, n]."""
    a = a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-9)
    b = b / np.maximum(np.linalg.norm(b, axis=1, keepdims=True), 1e-9)
    return np.arccos(np.clip(a @ b.T, -1, 1)) / math.pi


def different(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """1 where two units differ, else 0: [m, n]."""
    return (a[:, None] != b[None]).astype(float)

"""k-means of features, and the number of the nearest cluster of every row."""

import numpy as np
import torch
from sklearn.cluster import KMeans, MiniBatchKMeans


def fit(features: np.ndarray, count: int, seed: int, passes: int = 12) -> np.ndarray:
    """Features [rows, values] -> centroids [count, values] (F32): mini-batches first, then passes over all rows."""
    start = MiniBatchKMeans(count, batch_size=10_000, max_iter=20, n_init=3, random_state=seed).fit(features)
    centroids = start.cluster_centers_.astype(np.float32)
    return KMeans(count, init=centroids, n_init=1, max_iter=passes).fit(features).cluster_centers_.astype(np.float32)


def nearest(features: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """Features [rows, values] -> numbers of the nearest centroids [rows] (I64)."""
    c = torch.from_numpy(centroids)
    penalty = c.square().sum(1)
    parts = [(2 * part @ c.T - penalty).argmax(1) for part in torch.from_numpy(features).split(20_000)]
    return torch.cat(parts).numpy() if parts else np.zeros(0, np.int64)


def sample(features: np.ndarray, count: int, seed: int) -> np.ndarray:
    """At most `count` rows, drawn without replacement."""
    if len(features) <= count:
        return features
    chosen = np.random.default_rng(seed).choice(len(features), count, replace=False)
    return features[np.sort(chosen)]

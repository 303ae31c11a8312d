"""Clusters to predict: of MFCC at first, of a layer of the encoder so far afterwards."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from scipy.linalg import eigh
from torch import Tensor
from transformers import Wav2Vec2BertModel

import cluster
from data import Spectra
from features import cosines, mfcc, normalise, row_means, rows
from model import hidden_states

SAMPLE_ROWS = 120_000  # that centroids are fitted to
CONTEXT_ROWS = 5  # on either side, for the first targets
BETWEEN_RECORDINGS = 10.0
SLOPES = (1.0, 0.7, 0.3)  # weights of cepstra, first and second slopes: clusters tell phones apart better than with equal ones


def mfcc_features(spectra: Spectra) -> np.ndarray:
    """MFCC with slopes, each value normalised over its recording and weighted: [all rows, 39] (F32)."""
    weights = torch.tensor(SLOPES).repeat_interleave(13)
    features = np.empty((spectra.row_count, 39), np.float32)
    for file in spectra.files:
        values = normalise(mfcc(spectra.of(file)))
        features[file["first_row"] : file["first_row"] + file["rows"]] = (row_means(values) * weights).numpy()
    return features


def first_features(spectra: Spectra, seed: int) -> np.ndarray:
    """Cepstra of 11 rows, projected to where clusters of MFCC lie furthest apart against their spread: F32 [all rows, 39].

    Clusters of these tell phones apart better than those of MFCC themselves (`layers.py` measures both).
    Source: Heck et al., "Unsupervised Linear Discriminant Analysis for Supporting DPGMM Clustering", 2016.
    """
    count, values = 16, np.empty((spectra.row_count, 16), np.float32)
    for file in spectra.files:
        cepstra = row_means(normalise(spectra.of(file) @ cosines(count))).numpy()
        values[file["first_row"] : file["first_row"] + file["rows"]] = cepstra
    starts = np.empty(spectra.row_count, np.int64)
    ends = np.empty(spectra.row_count, np.int64)
    for file in spectra.files:
        part = slice(file["first_row"], file["first_row"] + file["rows"])
        starts[part], ends[part] = part.start, part.stop - 1

    def spliced(places: np.ndarray) -> np.ndarray:
        near = [values[np.clip(places + d, starts[places], ends[places])] for d in range(-CONTEXT_ROWS, CONTEXT_ROWS + 1)]
        return np.concatenate(near, 1)

    features = mfcc_features(spectra)
    places = weighted_places(spectra, SAMPLE_ROWS, seed)
    classes = cluster.nearest(features[places], cluster.fit(cluster.sample(features[places], 80_000, seed), 100, seed, passes=8))
    mean, projection = discriminants(spliced(places), classes, features.shape[1])
    parts = np.array_split(np.arange(spectra.row_count), 20)
    return np.concatenate([((spliced(part) - mean) @ projection).astype(np.float32) for part in parts])


def discriminants(x: np.ndarray, classes: np.ndarray, count: int,
                  recordings: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Linear discriminant analysis: mean [values], projection [values, count] that makes the spread in classes 1.

    With the recording of each row, that part of the spread in which a class differs from one recording to another, and so
    what is the speaker's and the room's, counts `BETWEEN_RECORDINGS` times more.
    """
    mean = x.mean(0)
    x = x - mean
    sizes, means = means_of(x, classes)
    between = (means * sizes[:, None]).T @ means / len(x)
    within = x.T @ x / len(x) - between
    if recordings is not None:
        kinds, inverse = np.unique(np.stack([classes, recordings]), axis=1, return_inverse=True)
        rows, own = means_of(x, inverse)
        differences = (own - means[kinds[0]]) * (rows >= 4)[:, None]  # a mean of fewer rows is mostly chance
        within += BETWEEN_RECORDINGS * (differences * rows[:, None]).T @ differences / len(x)
    within += 1e-4 * np.trace(within) / len(within) * np.eye(len(within))
    return mean, eigh(between, within)[1][:, ::-1][:, :count]


def means_of(x: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many rows each class has, and their mean [classes, values]."""
    sizes = np.bincount(classes)
    return sizes, np.stack([np.bincount(classes, column) for column in x.T], 1) / np.maximum(sizes, 1)[:, None]


@torch.no_grad()
def layer_features(encoder: Wav2Vec2BertModel, spectra: Spectra, layer: int, threads: int) -> np.ndarray:
    """Layer of the clean recordings, less the mean of the recording (most of what is the speaker's): F16 [all rows, width].

    Source of the mean: van Niekerk et al., "Analyzing Speaker Information in Self-Supervised Models", 2021.
    """
    features = np.empty((spectra.row_count, encoder.config.hidden_size), np.float16)

    @torch.no_grad()
    def one(file: dict) -> None:
        x = hidden_states(encoder, rows(normalise(spectra.of(file)))[None], layers=layer)[-1][0]
        features[file["first_row"] : file["first_row"] + file["rows"]] = (x - x.mean(0)).numpy()

    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        list(pool.map(one, spectra.files))
    return features


def weighted_places(spectra: Spectra, count: int, seed: int) -> np.ndarray:
    """Rows of the training recordings, of each source in proportion to its weight where it has enough."""
    shares = (spectra.weights / spectra.weights.sum()).tolist()
    chosen = []
    for number, share in enumerate(shares):
        files = [f for f in spectra.files if f["source"] == number and not f["validation"]]
        pool = np.concatenate([np.arange(f["first_row"], f["first_row"] + f["rows"]) for f in files])
        chosen.append(cluster.sample(pool, round(share * count), seed))
    return np.concatenate(chosen)


def weighted_sample(spectra: Spectra, features: np.ndarray, count: int, seed: int) -> np.ndarray:
    return features[weighted_places(spectra, count, seed)].astype(np.float32)


def cluster_rows(spectra: Spectra, features: np.ndarray, counts: list[int], seed: int, threads: int) -> Tensor:
    """Numbers of the nearest of so many clusters, for each of the counts: I64 [all rows, counts]."""
    sample = weighted_sample(spectra, features, SAMPLE_ROWS, seed)

    def column(count: int) -> np.ndarray:
        centroids = cluster.fit(sample, count, seed, passes=10)
        parts = np.array_split(features, 20)
        return np.concatenate([cluster.nearest(part.astype(np.float32), centroids) for part in parts])

    with ThreadPoolExecutor(threads) as pool:
        return torch.from_numpy(np.stack(list(pool.map(column, counts)), 1))

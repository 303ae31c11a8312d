"""Clusters to predict: of MFCC at first, of a layer of the encoder so far afterwards."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor
from transformers import Wav2Vec2BertModel

import cluster
from data import Spectra
from features import mfcc, normalise, row_means, rows
from model import hidden_states

SAMPLE_ROWS = 200_000  # that centroids are fitted to
SLOPES = (1.0, 0.7, 0.3)  # weights of cepstra, first and second slopes: clusters tell phones apart better than with equal ones


def mfcc_features(spectra: Spectra) -> np.ndarray:
    """MFCC with slopes, each value normalised over its recording and weighted: [all rows, 39] (F32)."""
    weights = torch.tensor(SLOPES).repeat_interleave(13)
    features = np.empty((spectra.row_count, 39), np.float32)
    for file in spectra.files:
        values = normalise(mfcc(spectra.of(file)))
        features[file["first_row"] : file["first_row"] + file["rows"]] = (row_means(values) * weights).numpy()
    return features


@torch.no_grad()
def layer_features(encoder: Wav2Vec2BertModel, spectra: Spectra, layer: int, threads: int) -> np.ndarray:
    """Layer of the clean recordings, less the mean of the recording (most of what is the speaker's): F16 [all rows, width].

    Source of the mean: van Niekerk et al., "Analyzing Speaker Information in Self-Supervised Models", 2021.
    """
    features = np.empty((spectra.row_count, encoder.config.hidden_size), np.float16)

    @torch.no_grad()
    def one(file: dict) -> None:
        with torch.autocast("cpu", torch.bfloat16):
            x = hidden_states(encoder, rows(normalise(spectra.of(file)))[None], layers=layer)[-1][0]
        features[file["first_row"] : file["first_row"] + file["rows"]] = (x.float() - x.float().mean(0)).numpy()

    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        list(pool.map(one, spectra.files))
    return features


def weighted_sample(spectra: Spectra, features: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Rows of the training recordings, of each source in proportion to its weight where it has enough: F32."""
    shares = (spectra.weights / spectra.weights.sum()).tolist()
    parts = []
    for number, share in enumerate(shares):
        files = [f for f in spectra.files if f["source"] == number and not f["validation"]]
        pool = np.concatenate([np.arange(f["first_row"], f["first_row"] + f["rows"]) for f in files])
        parts.append(features[cluster.sample(pool, round(share * count), seed)])
    return np.concatenate(parts).astype(np.float32)


def cluster_rows(spectra: Spectra, features: np.ndarray, counts: list[int], seed: int, threads: int) -> Tensor:
    """Numbers of the nearest of so many clusters, for each of the counts: I64 [all rows, counts]."""
    sample = weighted_sample(spectra, features, SAMPLE_ROWS, seed)

    def column(count: int) -> np.ndarray:
        centroids = cluster.fit(sample, count, seed, passes=10)
        parts = np.array_split(features, 20)
        return np.concatenate([cluster.nearest(part.astype(np.float32), centroids) for part in parts])

    with ThreadPoolExecutor(threads) as pool:
        return torch.from_numpy(np.stack(list(pool.map(column, counts)), 1))

"""The iterations of training one after the other. Each keeps its targets, checkpoints and result in a folder of its own."""

import argparse
from pathlib import Path

import numpy as np
import torch
from transformers import Wav2Vec2BertModel

from data import Spectra
from export import Clusters, centroids_name, features_of, load_exported, projected
from model import small_config
from phones import Phones
from targets import cluster_rows, first_features, layer_features
from train import Trainer

FIRST_CLUSTERS = [100, 300]
LATER_CLUSTERS = [200, 500]


def load_encoder(state: dict) -> Wav2Vec2BertModel:
    """The encoder of a state that `Trainer.train` gave."""
    layers = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("encoder.layers."))
    encoder = Wav2Vec2BertModel(small_config(layers)).eval()
    encoder.load_state_dict(state)
    return encoder


def encoder_of(run: Path) -> Wav2Vec2BertModel:
    """The encoder of the last iteration of a finished run."""
    paths = sorted(run.glob("iteration-*/encoder.pt"))
    if not paths:
        raise FileNotFoundError(f"{run} has no finished iteration")
    return load_encoder(torch.load(paths[-1], weights_only=True))


@torch.no_grad()
def mean_of_runs(encoders: list[Wav2Vec2BertModel]) -> Wav2Vec2BertModel:
    """One with the mean of their weights, which is better than each where all went on from the same ones.

    Source: Wortsman et al., "Model soups", 2022.
    """
    states = [encoder.state_dict() for encoder in encoders]
    return load_encoder({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})


def train_iterations(args: argparse.Namespace, spectra: Spectra) -> Wav2Vec2BertModel:
    """What is finished is not done again: the same command resumes. The last iteration learns phones too, where given.

    With `start_from`, an export, training goes on from its weights, and the first targets are clusters of what it projects
    its last layer to, as its units are.
    """
    state: dict | None = load_exported(args.start_from).state_dict() if args.start_from else None
    for number, minutes in enumerate(args.minutes):
        folder = args.run / f"iteration-{number + 1}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "targets.npy"
        if not path.exists():
            if state is None:
                features, counts = first_features(spectra, args.seed), FIRST_CLUSTERS
            elif number == 0:
                projection = Clusters.load(args.start_from / centroids_name(LATER_CLUSTERS[0])).projection
                parts = features_of(load_encoder(state), spectra, spectra.files, args.threads)
                features, counts = np.concatenate([projected(part, projection) for part in parts]), LATER_CLUSTERS
            else:
                layer = args.target_layers[number - 1]
                features, counts = layer_features(load_encoder(state), spectra, layer, args.threads), LATER_CLUSTERS
            np.save(folder / "values.npy", features.astype(np.float16))
            np.save(path, cluster_rows(spectra, features, counts, args.seed, args.threads).numpy().astype(np.int16))
            del features
        finished = folder / "encoder.pt"
        if not finished.exists():
            targets, values = np.load(path), np.load(folder / "values.npy", mmap_mode="r")
            clusters = targets.shape[1]
            if args.english and number == len(args.minutes) - 1:
                targets = np.column_stack([targets, Phones.of(spectra, args.run / "data", args.english).numbers])
            torch.save(Trainer(args, folder, spectra, targets, values, clusters, minutes, state).train(), finished)
        state = torch.load(finished, weights_only=True)
    return load_encoder(state)

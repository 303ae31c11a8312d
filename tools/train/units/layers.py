"""Which layer to cluster: phone measures of every layer on held-out training recordings (never on test-other).

Their phones come from pocketsphinx, which recognises the words and then aligns them: wrong in many places, equally for all
layers. Held-out recordings of the first `--data` folder are used.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

import cluster
from alignment import UNKNOWN
from data import Spectra
from features import normalise, rows
from iterations import load_encoder
from measures import phone_measures
from model import hidden_states
from phones import English, phones_of
from targets import first_features, mfcc_features


def describe(name: str, features: dict[int, np.ndarray], sample: np.ndarray, phones: np.ndarray, count: int,
             seed: int) -> None:
    units = cluster.nearest(np.concatenate(list(features.values())), cluster.fit(sample, count, seed, passes=10))
    known, speech = phones != UNKNOWN, ~np.isin(phones, ("SIL", UNKNOWN))
    measured = {**phone_measures(units[known], phones[known]), "pnmi_speech": phone_measures(units[speech], phones[speech])["pnmi"]}
    print(name, {key: round(value, 3) for key, value in measured.items()}, flush=True)


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="the run folder")
    parser.add_argument("--iteration", type=int, required=True)
    parser.add_argument("--clusters", type=int, default=100)
    parser.add_argument("--recordings", type=int, default=120, help="training recordings that centroids are fitted to")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    spectra = Spectra(args.run / "data")
    labels = phones_of(spectra, args.run / "data", [English(spectra.names[0], {})], held_out_only=True)
    phones = np.concatenate([np.array(p) for p in labels.values()])
    encoder = load_encoder(torch.load(args.run / f"iteration-{args.iteration}" / "encoder.pt", weights_only=True))
    by_row = {f["first_row"]: f for f in spectra.files}
    training = [f for f in spectra.files if f["source"] == 0 and not f["validation"]][: args.recordings]

    def states(file: dict) -> list[np.ndarray]:
        return [x[0].numpy() for x in hidden_states(encoder, rows(normalise(spectra.of(file)))[None])]

    seen = {row: states(by_row[row]) for row in labels}
    fitted = [states(f) for f in training]
    first = {"MFCC": mfcc_features(spectra), "discriminants of the first targets": first_features(spectra, args.seed)}
    for name, values in first.items():
        part = np.concatenate([values[f["first_row"] : f["first_row"] + f["rows"]] for f in training])
        own = {row: values[row : row + by_row[row]["rows"]] for row in labels}
        describe(name, own, part, phones, args.clusters, args.seed)
    for layer in range(1, len(fitted[0])):
        sample = np.concatenate([s[layer] for s in fitted])
        describe(f"layer {layer}", {row: s[layer] for row, s in seen.items()}, sample, phones, args.clusters, args.seed)


if __name__ == "__main__":
    main()

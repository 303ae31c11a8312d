"""Perplexities of an export on recordings that it never saw, against n-grams of the same training tokens.

python tools/train/small/evaluate.py EXPORT RECORDINGS RUN/data CACHE
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from data import Stretch, TokenRecordings, batch_of, frames_of, tokens_of
from export import load_model
from model import SmallModel
from n_grams import KneserNey
from small_config import SmallConfig
from train import losses

ORDERS = range(1, 9)


def config_of(folder: Path) -> SmallConfig:
    """What `SmallConfig.exported` wrote."""
    found = json.loads((folder / "config.json").read_text())
    own, sizes = found["speech_tokens"], []
    for part in (found, found["depth_decoder_config"]):
        names = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
        sizes.append(dict(zip(("width", "layers", "heads", "feed_forward"), (part[name] for name in names))))
    names = ("unit_space", "codec_space", "unit_count", "code_count", "delay_steps")
    return SmallConfig.of({name: own[name] for name in names} | {
        "codebook_count": found["num_codebooks"] - 1, "context_steps": found["max_position_embeddings"], "backbone": sizes[0], "depth": sizes[1]})


@torch.no_grad()
def nats_of(model: SmallModel, sequences: list[torch.Tensor]) -> torch.Tensor:
    """Cross-entropies in nats of the units and of each codebook, by frames."""
    config = model.config
    most = config.context_steps - config.delay_steps
    totals, count = torch.zeros(1 + config.codebook_count), 0
    for frames in sequences:
        for part in frames.split(most):
            if len(part) <= config.delay_steps:
                continue
            stretch = Stretch(part, False)
            unit, codes = losses(model, batch_of([stretch], config.delay_steps, config.initial_id, config.end_id), 1.0, 0.0)
            totals += len(part) * torch.cat([unit[None], codes])
            count += len(part)
    return totals / count


def rows_of(column: int, known: list[torch.Tensor], sets: dict[str, list[torch.Tensor]], size: int) -> Iterator[list[float]]:
    """For each order of n-grams: the perplexities on the sets."""
    ids = lambda sequences: [frames[:, column].tolist() for frames in sequences]
    for order in ORDERS if column == 0 else range(1, 4):
        grams = KneserNey(ids(known), order, size)
        yield [order, *(math.exp(grams.cross_entropy(ids(sequences))) for sequences in sets.values())]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=Path)
    parser.add_argument("recordings", type=Path, help="a folder that was not trained on")
    parser.add_argument("data", type=Path, help="`data` of the run")
    parser.add_argument("cache", type=Path, help="where the tokens of the recordings are kept")
    args = parser.parse_args()
    torch.set_num_threads(1)
    config = config_of(args.export)
    model = load_model(args.export, config)
    paths = sorted(args.recordings.glob("*.flac"))
    files = [tokens_of(paths, space.split("#")[0], count, args.cache / name, 1)
             for name, space, count in (("units", config.unit_space, 1), ("codes", config.codec_space, config.codebook_count))]
    recordings = TokenRecordings(args.data, [])
    all_of = lambda file: recordings.stretch(file, 0, 0, 1 << 30).frames
    sets = {
        args.recordings.name: [torch.from_numpy(frames_of(*pair)) for pair in zip(*files)],
        "held out": [all_of(file) for file in recordings.held_out],
    }
    known = [all_of(file) for file in recordings.files if not file["validation"]]
    nats = {name: nats_of(model, sequences).tolist() for name, sequences in sets.items()}
    print(f"| column | model | {' | '.join(sets)} |\n|---|---|{'---|' * len(sets)}")
    for column in range(1 + config.codebook_count):
        name = "units" if column == 0 else f"codebook {column}"
        size = config.unit_count if column == 0 else config.code_count
        for order, *found in rows_of(column, known, sets, size):
            print(f"| {name} | {order}-grams | {' | '.join(f'{value:.2f}' for value in found)} |")
        print(f"| {name} | this one | {' | '.join(f'{math.exp(nats[key][column]):.2f}' for key in sets)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())

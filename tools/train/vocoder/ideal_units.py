"""Units of recordings as they would be if the encoder never erred: what is left of the words is then the vocoder's doing.

For each frame, the unit that training recordings have most often in that third of that phone; the phones come from the
transcript (pocketsphinx). Where they are not known, the unit stays.

python tools/train/vocoder/ideal_units.py TRANSCRIPTS.tsv RECORDINGS TOKENS UNITS_RUN OUT --count 100

TOKENS has the token files of RECORDINGS, made by `speech-tokens tokenize`; UNITS_RUN is the run of the encoder, with its
`data/phones.json` and `export`. `speech-tokens detokenize OUT/*` and `word_errors.py` go on from there.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from itertools import groupby
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

sys.path += [str(Path(__file__).resolve().parents[1] / "units"), str(Path(__file__).resolve().parents[1])]

from alignment import UNKNOWN
from evaluate import Utterance, read_utterances
from word_errors import name_of


def thirds(phones: list[str]) -> list[tuple[str, int]]:
    """The phone of each frame, and in which third of it the frame lies."""
    runs = ((phone, len(list(frames))) for phone, frames in groupby(phones))
    return [(phone, 3 * place // length) for phone, length in runs for place in range(length)]


def usual_units(run: Path, count: int) -> dict[tuple[str, int], int]:
    """The most frequent unit of each third of each phone in the recordings of the encoder's training."""
    phones = json.loads((run / "data" / "phones.json").read_text())
    units = np.load(run / "export" / "units-of-training.npz")[f"k{count}"][0]
    found = defaultdict(Counter)
    for file in json.loads((run / "export" / "units-of-training.json").read_text()):
        part = units[file["first_row"] : file["first_row"] + file["rows"]].tolist()
        for place, unit in zip(thirds(phones.get(file["sha256"]) or []), part):
            found[place][unit] += 1
    return {place: counts.most_common(1)[0][0] for place, counts in found.items()}


def write(utterance: Utterance, source: Path, target: Path, usual: dict[tuple[str, int], int]) -> None:
    with safe_open(source, "np") as file:
        metadata, tensors = file.metadata(), {name: file.get_tensor(name).copy() for name in file.keys()}
    (ids,) = tensors.values()
    for frame, (phone, third) in enumerate(thirds(utterance.phones())[: len(ids)]):
        if phone != UNKNOWN:
            ids[frame] = usual[phone, third]
    save_file(tensors, target, metadata=metadata)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transcripts", type=Path)
    parser.add_argument("recordings", type=Path, help="FLAC")
    parser.add_argument("tokens", type=Path)
    parser.add_argument("units_run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=100, help="of units")
    args = parser.parse_args()
    usual = usual_units(args.units_run, args.count)
    args.out.mkdir(parents=True, exist_ok=True)
    sources = {name_of(path): path for path in args.tokens.glob("*.safetensors")}
    # All, not those of `sources` alone: the aligner adapts to what it hears, and `evaluate.py` lets it hear all.
    for utterance in read_utterances(args.recordings, args.transcripts):
        if utterance.name in sources:
            source = sources[utterance.name]
            write(utterance, source, args.out / source.name, usual)


if __name__ == "__main__":
    main()

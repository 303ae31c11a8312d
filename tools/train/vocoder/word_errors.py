"""Word error rate of a recogniser (pocketsphinx, its own US English model) on folders of recordings.

A weak recogniser: what counts is the difference between a folder of originals and one of the same utterances
re-synthesised.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies

from common.recordings import SUFFIXES, read


def recognise(path: Path) -> list[str]:
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=16000.0, loglevel="FATAL")
    samples = np.clip(read(path) * 32768, -32768, 32767).astype(np.int16)
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), no_search=False, full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return [] if found is None else found.hypstr.upper().split()


def errors(wanted: list[str], found: list[str]) -> int:
    """Words to substitute, insert and delete: the edit distance."""
    row = list(range(len(found) + 1))
    for i, word in enumerate(wanted, 1):
        above, row[0] = row[0], i
        for j, other in enumerate(found, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (word != other))
    return row[-1]


def measure(folder: Path, texts: dict[str, list[str]], only: int | None = None) -> tuple[float, int]:
    """The rate over all utterances whose name has a text, and how many there are."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix in SUFFIXES and name_of(p) in texts)[:only]
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(recognise, paths))
    wrong = sum(errors(texts[name_of(path)], words) for path, words in zip(paths, found))
    return wrong / sum(len(texts[name_of(path)]) for path in paths), len(paths)


def name_of(path: Path) -> str:
    return path.name.split(".")[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("transcripts", type=Path, help="lines of NAME, tab, text in capital letters")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--only", type=int, help="the first so many utterances")
    args = parser.parse_args()
    lines = (line.split("\t") for line in args.transcripts.read_text().splitlines())
    texts = {fields[0]: fields[-1].upper().split() for fields in lines}
    for folder in args.folders:
        rate, count = measure(folder, texts, args.only)
        print(f"{folder}: word error rate {100 * rate:.1f} % over {count} utterances", flush=True)


if __name__ == "__main__":
    main()

"""Measure units on LibriSpeech test-other beside those of simpler features: phones, words across speakers, speakers.

Every system's k-means is fitted to the same training recordings. Writes `measures.json` and `measures.md`.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import abx
import cluster
from alignment import UNKNOWN, Aligner, Alignment
from data import RATE, Recordings, read
from export import UNIT_COUNTS, Clusters, centroids_name
from features import ROW_HOP, ROW_WINDOW
from measures import angular, different, entropy_bits, phone_measures, speaker_error
from systems import Encoder, LogMel, Mfcc, SpeechEmbedding, System

TRAINING_MINUTES = 20  # of speech that the k-means of every system sees
TRIPLES = {"words": 20, "triphones": 400, "phones": 600}  # at most, of each name


@dataclass
class Utterance:
    name: str
    speaker: str
    samples: np.ndarray
    alignment: Alignment

    def row_count(self) -> int:
        return max(0, (len(self.samples) - ROW_WINDOW) // ROW_HOP + 1)

    def phones(self) -> list[str]:
        """The phone in the middle of each row."""
        return self.alignment.at(np.arange(self.row_count()) * ROW_HOP + ROW_WINDOW // 2)


def read_utterances(folder: Path, transcripts: Path) -> list[Utterance]:
    aligner, found = Aligner(), []
    for line in transcripts.read_text().splitlines():
        name, text = line.split("\t")
        x = read(folder / f"{name}.flac")
        found.append(Utterance(name, name.split("-")[0], x, aligner.align(x, text)))
    known = np.mean([p != UNKNOWN for u in found for p in u.phones()])
    print(f"{len(found)} recordings, phones known in {100 * known:.1f} % of the rows", flush=True)
    return found


def training_recordings(cache: Path, minutes: float, seed: int) -> list[np.ndarray]:
    """Whole training recordings, chosen by the weights of their sources, up to so many minutes."""
    recordings = Recordings(cache)
    samples = np.load(cache / "samples.npy", mmap_mode="r")
    random, chosen, total = torch.Generator().manual_seed(seed), {}, 0
    for _ in range(100_000):
        file, _ = recordings.choose(1, random)
        if file["start"] not in chosen:
            chosen[file["start"]] = samples[file["start"] : file["start"] + file["samples"]] / np.float32(32768)
            total += file["samples"]
        if total >= minutes * 60 * RATE:
            break
    return list(chosen.values())


def tokens(utterances: list[Utterance], minimum_phones: int) -> dict[str, list[abx.Token]]:
    """Words of at least so many phones, phones, and three phones in a row, as rows."""

    def rows_of(u: Utterance, start: int, end: int) -> tuple[int, int]:
        first = max(0, round((start - ROW_WINDOW / 2) / ROW_HOP))
        return first, min(u.row_count(), max(first + 1, round((end - ROW_WINDOW / 2) / ROW_HOP)))

    words, phones, triphones = [], [], []
    for u in utterances:
        for word, inside in u.alignment.words:
            first, end = rows_of(u, word.start, word.end)
            if len(inside) >= minimum_phones and end - first >= 5:
                words.append(abx.Token(word.name, u.speaker, u.name, first, end))
        for phone in u.alignment.phones:
            first, end = rows_of(u, phone.start, phone.end)
            if phone.name not in ("SIL", UNKNOWN) and end - first >= 2:
                phones.append(abx.Token(phone.name, u.speaker, u.name, first, end))
        spoken = u.alignment.phones
        for before, phone, after in zip(spoken, spoken[1:], spoken[2:]):
            names = [before.name, phone.name, after.name]
            if not {"SIL", UNKNOWN} & set(names):
                rows = rows_of(u, before.start, after.end)
                triphones.append(abx.Token(" ".join(names), u.speaker, u.name, *rows, f"{before.name} {after.name}"))
    return {"words": words, "phones": phones, "triphones": triphones}


def measure(system: System, utterances: list[Utterance], training: list[np.ndarray], seed: int, given: Path | None) -> dict:
    """All measures of a system; with the centroids of the folder `given`, or with centroids of its own."""
    torch.set_num_threads(1)
    features = {u.name: system.features(u.samples)[: u.row_count()] for u in utterances}
    phones = np.array([p for u in utterances for p in u.phones()])
    triples = {kind: abx.triples(found, seed, TRIPLES[kind]) for kind, found in tokens(utterances, 4).items()}
    result = {
        "name": system.name, "width": int(next(iter(features.values())).shape[1]),
        **{f"abx_{kind}_features": abx.error(found, features, angular) for kind, found in triples.items()},
        "triples": {kind: len(found) for kind, found in triples.items()}, "units": {},
    }
    sample = None
    if given is None:
        sample = cluster.sample(np.concatenate([system.features(x) for x in training]), 60_000, seed)
    for count in UNIT_COUNTS:
        if sample is None:
            clusters = Clusters.load(given / centroids_name(count))
        else:
            clusters = Clusters(cluster.fit(sample, count, seed), None)
        units = {name: clusters.nearest(values) for name, values in features.items()}
        joined = np.concatenate(list(units.values()))
        known, speech = phones != UNKNOWN, ~np.isin(phones, ("SIL", UNKNOWN))
        result["units"][f"k{count}"] = {
            **phone_measures(joined[known], phones[known]),
            "pnmi_speech": phone_measures(joined[speech], phones[speech])["pnmi"],
            **speaker_error([units[u.name] for u in utterances], [u.speaker for u in utterances], count),
            **{f"abx_{kind}": abx.error(found, units, different) for kind, found in triples.items()},
            "entropy_bits": entropy_bits(joined), "used": len(np.unique(joined)),
            "units_per_second": float(np.mean([50 * (1 + np.count_nonzero(np.diff(u))) / len(u) for u in units.values()])),
        }
    return result


def table(results: list[dict]) -> str:
    lines = []
    for count in UNIT_COUNTS:
        lines += [f"### {count} units", "",
                  "| features | phone purity | PNMI | PNMI without silence | ABX words | ABX triphones | ABX phones | speaker named | changes/s |",
                  "|---|---|---|---|---|---|---|---|---|"]
        for r in results:
            m = r["units"][f"k{count}"]
            lines.append(
                f"| {r['name']} | {m['phone_purity']:.3f} | {m['pnmi']:.3f} | {m['pnmi_speech']:.3f} | {100 * m['abx_words']:.1f} % | "
                f"{100 * m['abx_triphones']:.1f} % | {100 * m['abx_phones']:.1f} % | {100 * m['speaker_accuracy']:.0f} % | {m['units_per_second']:.1f} |")
        lines.append("")
    lines += ["### Features before k-means", "", "| features | values | ABX words | ABX triphones | ABX phones |", "|---|---|---|---|---|"]
    for r in results:
        errors = " | ".join(f"{100 * r[f'abx_{kind}_features']:.1f} %" for kind in TRIPLES)
        lines.append(f"| {r['name']} | {r['width']} | {errors} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="exported folder; without it the others alone are measured")
    parser.add_argument("recordings", type=Path, help="folder of LibriSpeech test-other, FLAC")
    parser.add_argument("transcripts", type=Path, help="a line for each recording: name, tab, lower-case words")
    parser.add_argument("cache", type=Path, help="the `data` folder of the training run, for the k-means of the others")
    parser.add_argument("target", type=Path, help="folder for measures.json and measures.md; what is there of the others is kept")
    parser.add_argument("--speech-embedding", type=Path, metavar="DIR", help="its two ONNX files, to compare with")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    utterances = read_utterances(args.recordings, args.transcripts)
    training = training_recordings(args.cache, TRAINING_MINUTES, args.seed)
    systems: list[System] = [LogMel(), Mfcc(False), Mfcc(True)]
    if args.speech_embedding:
        systems.append(SpeechEmbedding(args.speech_embedding))
    args.target.mkdir(parents=True, exist_ok=True)
    path = args.target / "measures.json"
    known = {r["name"]: r for r in json.loads(path.read_text())["systems"]} if path.exists() else {}
    results = []
    for system in [*systems, *([Encoder(args.model)] if args.model else [])]:
        if isinstance(system, Encoder):
            results.append(measure(system, utterances, training, args.seed, args.model))
        else:
            results.append(known.get(system.name) or measure(system, utterances, training, args.seed, None))
        path.write_text(json.dumps({"utterances": len(utterances), "systems": results}, indent=1))
        (args.target / "measures.md").write_text(table(results))
        print(json.dumps(results[-1]), flush=True)


if __name__ == "__main__":
    main()

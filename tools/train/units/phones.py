"""Phones of training recordings in English, for a head that learns them beside the clusters, and for `layers.py`.

The words come from a transcript or, where there is none, from what pocketsphinx hears, and are then aligned: wrong in some
places, but by a model that heard many more speakers than this training does. Where a grammar says what can be said, it
mishears little.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from alignment import UNKNOWN, Aligner, Alignment, Span
from data import RATE, Spectra
from features import ROW_HOP, ROW_WINDOW


@dataclass
class English:
    """A source of recordings in English, by the name of its folder, with what is known of it: what its recordings say, what can
    be said, or which phones are said when."""

    name: str
    transcripts: dict[str, str] = field(default_factory=dict, repr=False)
    grammar: Path | None = None
    aligned: dict[str, Alignment] = field(default_factory=dict, repr=False)

    @staticmethod
    def parse(text: str) -> "English":
        """NAME or NAME=FILE: lines `recording<TAB>text` or `recording: text`, recordings without their suffix; or a grammar
        (.gram); or lines `recording<TAB>phone:end phone:end …`, ends in seconds (.phones)."""
        name, _, path = text.partition("=")
        if path.endswith(".gram"):
            return English(name, grammar=Path(path))
        if path.endswith(".phones"):
            rows = [line.split("\t") for line in Path(path).read_text().splitlines()]
            return English(name, aligned={recording: spans(phones) for recording, phones in rows})
        lines = Path(path).read_text().splitlines() if path else []
        pairs = [re.split(r"\t|: ", line, maxsplit=1) for line in lines if not line.startswith(";")]
        return English(name, {pair[0]: plain(pair[1]) for pair in pairs if len(pair) == 2})


def spans(phones: str) -> Alignment:
    """`phone:end phone:end …`, ends in seconds, the first from 0."""
    parts = [part.split(":") for part in phones.split()]
    ends = [round(float(end) * RATE) for _, end in parts]
    return Alignment([Span(name, start, end) for (name, _), start, end in zip(parts, [0, *ends], ends)], [])


DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def plain(text: str) -> str:
    """Words in small letters; nothing where there are numbers, of which it is not known how they are read."""
    spelled = re.sub(r"\b\d\b", lambda match: DIGITS[int(match[0])], text)
    return "" if re.search(r"\d", spelled) else " ".join(re.findall(r"[a-z']+", spelled.lower()))


def phones_of(spectra: Spectra, cache: Path, sources: list[English], held_out_only: bool = False) -> dict[int, list[str]]:
    """The phone in the middle of each row, by the first row of the recording; kept in `cache`/phones.json."""
    path = cache / "phones.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    samples, aligner = np.load(cache / "samples.npy", mmap_mode="r"), Aligner()
    by_number = {spectra.names.index(source.name): source for source in sources}
    files = [f for f in spectra.files if f["source"] in by_number and (f["validation"] or not held_out_only)]
    missing = [f for f in files if f["sha256"] not in found]
    for number, file in enumerate(missing):
        x = samples[file["start"] : file["start"] + file["samples"]] / np.float32(32768)
        alignment = alignment_of(aligner, x, by_number[file["source"]], file["file"].rsplit(".", 1)[0])
        places = np.arange(file["rows"]) * ROW_HOP + ROW_WINDOW // 2
        found[file["sha256"]] = alignment.at(places) if alignment else None
        if number % 50 == 49 or number == len(missing) - 1:
            path.write_text(json.dumps(found))
            print(f"phones of {number + 1} of {len(missing)} recordings", flush=True)
    return {f["first_row"]: found[f["sha256"]] for f in files if found.get(f["sha256"])}


def alignment_of(aligner: Aligner, x: np.ndarray, source: English, recording: str) -> Alignment | None:
    """What a recording says, from what is known of it; none where no words were heard."""
    if recording in source.aligned:
        return source.aligned[recording]
    text = source.transcripts.get(recording, "")
    known = text and all(aligner.decoder.lookup_word(word) is not None for word in text.split())
    text = text if known else aligner.recognise(x, source.grammar)
    return aligner.align(x, text) if text else None


@dataclass
class Phones:
    """A number for the phone of each row, -1 where it is not known: `numbers` I16 [all rows], and what they stand for."""

    numbers: np.ndarray
    names: list[str]

    @staticmethod
    def of(spectra: Spectra, cache: Path, sources: list[English]) -> "Phones":
        labels = phones_of(spectra, cache, sources)
        names = sorted({phone for phones in labels.values() for phone in phones} - {UNKNOWN})
        by_name = {name: number for number, name in enumerate(names)}
        numbers = np.full(spectra.row_count, -1, np.int16)
        for row, phones in labels.items():
            numbers[row : row + len(phones)] = [by_name.get(phone, -1) for phone in phones]
        return Phones(numbers, names)

"""Recordings for training: read once, kept as 16-bit samples at 16 kHz, with an index of where each lies."""

import hashlib
import json
import math
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from scipy.signal import resample_poly

from common.pauses import shorten_pauses

RATE = 16000
SUFFIXES = {".flac", ".wav", ".g722", ".ogg", ".mp3"}
LISTS = Path(__file__).resolve().parents[1] / "recordings"  # what the bundled models were trained on, for `sha256sum -c`
FORBIDDEN = "test-other"  # the evaluation set: what was trained on it could not be judged by it


@dataclass
class Source:
    """A folder of recordings; `weight` is its share of the training crops."""

    folder: Path
    weight: float

    @staticmethod
    def parse(text: str) -> "Source":
        """DIR or DIR=WEIGHT."""
        folder, _, weight = text.partition("=")
        return Source(Path(folder), float(weight) if weight else 1.0)


def refuse_evaluation_set(path: Path) -> None:
    for candidate in (path, path.resolve()):
        if FORBIDDEN in str(candidate).lower():
            raise ValueError(f"{path} belongs to the evaluation set ({FORBIDDEN}) and must not be trained on")


def read(path: Path) -> np.ndarray:
    """A recording as mono float32 samples at 16 kHz, nominally in [-1, 1]. G.722 needs ffmpeg."""
    if path.suffix == ".g722":
        command = ["ffmpeg", "-v", "error", "-f", "g722", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
        raw = subprocess.run(command, check=True, capture_output=True).stdout
        return np.frombuffer(raw, np.int16).astype(np.float32) / 32768
    x, rate = soundfile.read(path, dtype="float32", always_2d=True)
    x = x.mean(1)
    if rate != RATE:
        divisor = math.gcd(RATE, rate)
        x = resample_poly(x, RATE // divisor, rate // divisor).astype(np.float32)
    return x


def find(folder: Path) -> list[Path]:
    refuse_evaluation_set(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"no such data folder: {folder}")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    for path in paths:
        refuse_evaluation_set(path)
    return paths


def beside_list(name: str, digests: set[str]) -> str | None:
    """How recordings used differ from those that the bundled models saw of a folder of this name; None where it has no list."""
    path = LISTS / f"{name}.sha256"
    if not path.exists():
        return None
    listed = {line.split(" ", 1)[0] for line in path.read_text().splitlines()}
    missing, others = len(listed - digests), len(digests - listed)
    if missing == others == 0:
        return f"{name}: {len(listed)} recordings, as listed in {path.name}"
    return f"{name}: of {len(listed)} recordings in {path.name} {missing} are missing, and {others} are not in it"


def prepare(sources: list[Source], cache: Path, validation_every: int, minimum_seconds: float = 0.7,
            longest_pause_seconds: float = math.inf) -> None:
    """Read all sources into `cache`: samples.npy (I16) and index.json with SHA-256 per file.

    Every `validation_every`-th file of a source, by the order of its hash, is held out.
    Files that are too short or nearly silent are left out. Says how what is left differs from the lists in `LISTS`.
    """
    cache.mkdir(parents=True, exist_ok=True)
    pieces, entries, start = [], [], 0
    for number, source in enumerate(sources):
        found = sorted((hashlib.sha256(p.read_bytes()).hexdigest(), p) for p in find(source.folder))
        with ThreadPoolExecutor(4) as pool:
            waves = list(pool.map(read, (path for _, path in found)))
        for order, ((digest, path), x) in enumerate(zip(found, waves)):
            if len(x) < minimum_seconds * RATE or np.sqrt(np.mean(x**2)) < 1e-3:
                continue
            if longest_pause_seconds < math.inf:
                x = shorten_pauses(x, longest_pause_seconds, RATE)
            pieces.append(np.clip(np.round(x * 32768), -32768, 32767).astype(np.int16))
            entries.append({
                "source": number, "file": str(path.relative_to(source.folder)), "sha256": digest,
                "start": start, "samples": len(x), "validation": order % validation_every == 0,
            })
            start += len(x)
        compared = beside_list(source.folder.name, {entry["sha256"] for entry in entries if entry["source"] == number})
        if compared is not None:
            print(compared, flush=True)
    if not entries:
        raise ValueError("no usable recording found")
    np.save(cache / "samples.npy", np.concatenate(pieces))
    index = {
        "sample_rate_hz": RATE,
        "sources": [{"name": s.folder.name, "weight": s.weight} for s in sources],
        "files": entries,
    }
    (cache / "index.json").write_text(json.dumps(index, indent=1) + "\n")


class Recordings:
    """The index of a prepared cache: which recordings train, which are held out, and a random choice among the former."""

    def __init__(self, cache: Path):
        index = json.loads((cache / "index.json").read_text())
        self.weights = torch.tensor([s["weight"] for s in index["sources"]])
        self.names = [s["name"] for s in index["sources"]]
        self.files = index["files"]
        self.held_out = [f for f in self.files if f["validation"]]
        self.groups = []
        for number in range(len(self.weights)):
            files = [f for f in self.files if f["source"] == number and not f["validation"]]
            lengths = torch.tensor([f["samples"] for f in files], dtype=torch.float64)
            self.groups.append((files, lengths.cumsum(0)))

    def summary(self) -> str:
        parts = [f"{name} {len(files)} files {float(ends[-1]) / RATE / 60:.1f} min weight {float(weight):g}"
                 for name, weight, (files, ends) in zip(self.names, self.weights, self.groups)]
        return "; ".join(parts) + f"; held out {len(self.held_out)} files"

    def choose(self, samples: int, generator: torch.Generator) -> tuple[dict, int]:
        """A training recording, and where in it (in samples) a crop of so many samples starts: 0 where it is shorter.

        Sources come up by their weights, recordings of a source by their lengths.
        """
        return self.choose_in(int(torch.multinomial(self.weights, 1, generator=generator)), samples, generator)

    def choose_in(self, source: int, samples: int, generator: torch.Generator) -> tuple[dict, int]:
        """As `choose`, of one source."""
        files, ends = self.groups[source]
        position = torch.rand((), generator=generator, dtype=torch.float64) * ends[-1]
        file = files[min(int(torch.searchsorted(ends, position)), len(files) - 1)]
        room = file["samples"] - samples
        return file, int(torch.randint(max(room, 0) + 1, (), generator=generator))

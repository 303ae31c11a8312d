"""Recordings with what the vocoder is trained from: units, pitch, loudness and voice of each."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.pitch import prepare_pitch
from common.recordings import RATE, Recordings, Source, prepare

from vocoder_config import VocoderConfig

HOP = 320
CLEAN_SHARE = 0.4  # of the crops have the units of the recording itself, the others those of perturbed versions of it
LEVEL = 0.06  # RMS of every recording where it is not silent: units say nothing of loudness


@dataclass
class VoicedSource:
    """A folder of recordings. With a name it is one voice; without, each file has a voice of its own."""

    source: Source
    voice: str | None

    @staticmethod
    def parse(text: str) -> "VoicedSource":
        """DIR, DIR=WEIGHT, DIR@VOICE or DIR=WEIGHT@VOICE."""
        rest, at, voice = text.rpartition("@")
        return VoicedSource(Source.parse(rest if at else text), voice if at else None)


@dataclass
class Batch:
    """Crops. units [B, T + delay], voice [B], samples [B, 320 T]; per hop of 10 ms ln pitch and voicing [B, 2 T]."""

    k: int
    units: Tensor
    voice: Tensor
    samples: Tensor
    log_pitch: Tensor
    voiced: Tensor


def frame_count(samples: int) -> int:
    return -(-samples // HOP)


def file_starts(files: list[dict]) -> np.ndarray:
    """The first frame of each file in the arrays of units, and the end; those of pitch have twice as many rows."""
    return np.cumsum([0] + [frame_count(f["samples"]) for f in files])


def prepare_all(sources: list[VoicedSource], cache: Path, validation_every: int,
                units: Path, config: VocoderConfig) -> None:
    """Fill `cache`: samples, index with voices, pitch.npy [hops, 2], and units-K.npy [versions, frames], -1 where there is none.

    units: the folder of the encoder's export, with `units-of-training.npz` and `.json`: its units of these recordings,
    found by their hashes, in one version or more. Unit n of a recording is for the samples from 320 n on.
    """
    if not (cache / "index.json").exists():
        prepare([s.source for s in sources], cache, validation_every)
        index = json.loads((cache / "index.json").read_text())
        for entry, source in zip(index["sources"], sources):
            entry["voice"] = source.voice
        (cache / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    index = json.loads((cache / "index.json").read_text())
    prepare_pitch(cache)
    if not all((cache / f"units-{k}.npy").exists() for k in config.unit_counts):
        for k, table in read_units(units, index["files"], config.unit_counts).items():
            np.save(cache / f"units-{k}.npy", table)


def read_units(folder: Path, files: list[dict], counts: list[int]) -> dict[int, np.ndarray]:
    """Units [versions, frames] (I16) of all files one after the other, for each count, of an encoder's export; -1 where there is none."""
    starts = file_starts(files)
    rows = {f["sha256"]: (f["first_row"], f["rows"]) for f in json.loads((folder / "units-of-training.json").read_text())}
    arrays = np.load(folder / "units-of-training.npz")
    tables = {}
    for k in counts:
        ids = arrays[f"k{k}"]
        table = tables[k] = np.full((len(ids), starts[-1]), -1, np.int16)
        for start, file in zip(starts, files):
            if file["sha256"] not in rows:
                raise ValueError(f"{folder} has no units of {file['file']}: train on recordings of the encoder's run")
            first, count = rows[file["sha256"]]
            table[:, start : start + count] = ids[:, first : first + count]
    return tables


class VoicedRecordings(Recordings):
    """Random crops for training and whole held-out recordings for validation."""

    def __init__(self, cache: Path, config: VocoderConfig):
        super().__init__(cache)
        index = json.loads((cache / "index.json").read_text())
        self.source_voices = [source["voice"] for source in index["sources"]]
        self.samples = torch.from_numpy(np.load(cache / "samples.npy"))
        self.pitch = torch.from_numpy(np.load(cache / "pitch.npy"))
        self.units = {k: torch.from_numpy(np.load(cache / f"units-{k}.npy").astype(np.int64)) for k in config.unit_counts}
        self.counts, self.delay = config.unit_counts, config.delay_frames
        for file, start in zip(self.files, file_starts(self.files)):
            file["first_frame"], file["gain"] = int(start), self.gain(file)
        self.voice_names = self.name_voices()

    def name_voices(self) -> list[str]:
        """Numbers the voices: named ones first, as an export keeps them; then one for each other file."""
        names = list(dict.fromkeys(voice for voice in self.source_voices if voice is not None))
        rows = {name: row for row, name in enumerate(names)}
        self.voice_count = len(names)
        for file in self.files:
            voice = self.source_voices[file["source"]]
            file["voice"] = rows[voice] if voice is not None else self.voice_count
            self.voice_count += voice is None
        return names

    def gain(self, file: dict) -> float:
        """What brings the louder half of a recording's 20 ms to `LEVEL`, and no peak past full scale."""
        x = self.samples[file["start"] : file["start"] + file["samples"]].float() / 32768
        power = x[: len(x) // HOP * HOP].reshape(-1, HOP).square().mean(1)
        level = power[power >= power.median()].mean().sqrt().clamp_min(1e-4)
        return float(min(LEVEL / level, 0.99 / x.abs().max().clamp_min(1e-4)))

    def unit_slice(self, file: dict, k: int, first: int, count: int, version: int = 0) -> Tensor:
        """Units [count] from a frame on; k where the recording has none (any more). Version 0 is the recording itself."""
        start, frames = file["first_frame"], frame_count(file["samples"])
        part = self.units[k][version, start + first : start + min(first + count, frames)]
        part = torch.where(part < 0, k, part)
        return torch.nn.functional.pad(part, (0, count - len(part)), value=k)

    def batch(self, items: int, frames: int, generator: torch.Generator) -> Batch:
        """Crops of `frames` frames of 20 ms, all of them with units of one k."""
        k = self.counts[int(torch.randint(len(self.counts), (), generator=generator))]
        chosen = [self.crop(k, frames, generator) for _ in range(items)]
        return Batch(k, *(torch.stack(column) for column in zip(*chosen)))

    def crop(self, k: int, frames: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """The recording of a version's units is the clean one: what the encoder makes of strange voices, rooms and noise is said as usual."""
        file, offset = self.choose(frames * HOP, generator)
        versions = len(self.units[k])
        clean = versions == 1 or float(torch.rand((), generator=generator)) < CLEAN_SHARE
        version = 0 if clean else int(torch.randint(1, versions, (), generator=generator))
        return self.cut(file, k, offset // HOP, frames, version)

    def cut(self, file: dict, k: int, first: int, frames: int, version: int = 0) -> tuple[Tensor, ...]:
        start = file["start"] + first * HOP
        end = min(start + frames * HOP, file["start"] + file["samples"])
        x = self.samples[start:end].float() * (file["gain"] / 32768)
        hops = 2 * (file["first_frame"] + first)
        rows = self.pitch[hops : hops + 2 * min(frames, frame_count(file["samples"]) - first)]
        rows = torch.nn.functional.pad(rows.T[None], (0, 2 * frames - len(rows)), mode="replicate")[0]
        return (
            self.unit_slice(file, k, first, frames + self.delay, version), torch.tensor(file["voice"]),
            torch.nn.functional.pad(x, (0, frames * HOP - len(x))), rows[0], rows[1] > 0.5,
        )

    def validation(self, per_voice: int, longest_seconds: float = 6.0) -> list[tuple[dict, int]]:
        """Held-out recordings of the named voices, and how many frames of each are looked at."""
        named = [[f for f in self.held_out if f["voice"] == row] for row in range(len(self.voice_names))]
        longest = int(longest_seconds * RATE / HOP)
        chosen = [f for files in named for f in sorted(files, key=lambda f: -min(f["samples"], 4 * RATE))[:per_voice]]
        return [(f, min(f["samples"] // HOP, longest)) for f in chosen]

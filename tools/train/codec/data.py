"""Crops of samples for training the codec, and held-out utterances."""

import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.pitch import HOP as PITCH_HOP, pitch_starts, prepare_pitch
from common.recordings import RATE, SUFFIXES, Recordings, Source, prepare, read

__all__ = ["RATE", "SUFFIXES", "Source", "Speech", "prepare", "prepare_pitch", "read"]


class Speech(Recordings):
    """Random crops for training and whole held-out utterances for validation."""

    def __init__(self, cache: Path):
        super().__init__(cache)
        self.samples = torch.from_numpy(np.load(cache / "samples.npy"))
        self.pitch = torch.from_numpy(np.load(cache / "pitch.npy"))
        for file, row in zip(self.files, pitch_starts(self.files)):
            file["first_row"] = int(row)

    def crop(self, samples: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """One random crop that starts at a whole hop: [samples], zeros after the file's end, and its pitch [hops, 2]."""
        file, offset = self.choose(samples, generator)
        first = offset // PITCH_HOP
        start = file["start"] + first * PITCH_HOP
        x = self.samples[start : min(start + samples, file["start"] + file["samples"])].float() / 32768
        count = samples // PITCH_HOP
        rows = self.pitch[file["first_row"] + first :][: min(count, math.ceil(len(x) / PITCH_HOP))]
        rows = F.pad(rows.T[None], (0, count - len(rows)), mode="replicate")[0].T
        return F.pad(x, (0, samples - len(x))), rows

    def batch(self, items: int, samples: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Crops [items, samples] with random loudness (-12 to +6 dB, never clipping), and pitch [items, hops, 2]."""
        x, pitch = map(torch.stack, zip(*(self.crop(samples, generator) for _ in range(items))))
        gain = 10 ** ((torch.rand(items, 1, generator=generator) * 18 - 12) / 20)
        peak = x.abs().amax(1, keepdim=True).clamp_min(1e-4)
        return x * torch.minimum(gain, 0.99 / peak), pitch

    def validation(self, count: int, longest_seconds: float = 8.0) -> list[torch.Tensor]:
        """Held-out utterances [1, N]; the sources take turns in proportion to their weights."""
        per_source = [[f for f in self.held_out if f["source"] == n] for n in range(len(self.weights))]
        shares = self.weights / self.weights.sum() * count
        chosen = []
        for files, share in zip(per_source, shares):
            files = sorted(files, key=lambda f: -min(f["samples"], 4 * RATE))
            chosen += files[: max(1, round(float(share)))]
        limit = int(longest_seconds * RATE)
        return [(self.samples[f["start"] : f["start"] + min(f["samples"], limit)].float() / 32768)[None] for f in chosen[:count]]

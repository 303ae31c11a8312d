"""Crops of samples for training the codec, and held-out utterances."""

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.recordings import RATE, SUFFIXES, Recordings, Source, prepare, read

__all__ = ["RATE", "SUFFIXES", "Source", "Speech", "prepare", "read"]


class Speech(Recordings):
    """Random crops for training and whole held-out utterances for validation."""

    def __init__(self, cache: Path):
        super().__init__(cache)
        self.samples = torch.from_numpy(np.load(cache / "samples.npy"))

    def crop(self, samples: int, generator: torch.Generator) -> torch.Tensor:
        """One random crop [samples], zero-padded at the right when the file is shorter."""
        file, offset = self.choose(samples, generator)
        start = file["start"] + offset
        x = self.samples[start : start + min(samples, file["samples"])].float() / 32768
        return torch.nn.functional.pad(x, (0, samples - len(x)))

    def batch(self, items: int, samples: int, generator: torch.Generator) -> torch.Tensor:
        """Crops [items, samples] with random loudness (-12 to +6 dB, never clipping)."""
        x = torch.stack([self.crop(samples, generator) for _ in range(items)])
        gain = 10 ** ((torch.rand(items, 1, generator=generator) * 18 - 12) / 20)
        peak = x.abs().amax(1, keepdim=True).clamp_min(1e-4)
        return x * torch.minimum(gain, 0.99 / peak)

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

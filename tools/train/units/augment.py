"""Perturbations of log-mel crops: another vocal tract, room, noise, and a second speaker.

The targets come from the clean recording, so whatever is changed here must be ignored by the encoder. Gain and static
filters are left out: the normalisation of each band removes them.
Sources: Jaitly & Hinton, "Vocal Tract Length Perturbation", 2013; Chen et al., "WavLM", 2022, for the second speaker;
Park et al., "SpecAugment", 2019, for bands that are hidden.
"""

import math

import torch
from torch import Tensor

from features import BANDS


def uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=generator)


def warp(x: Tensor, factors: Tensor) -> Tensor:
    """Frequencies of [items, frames, 80] multiplied by `factors` [items], up to where the band would end."""

    def mel(f: Tensor) -> Tensor:
        return 1127 * torch.log1p(f / 700)

    low, high = 1127 * math.log1p(20 / 700), 1127 * math.log1p(8000 / 700)
    centres = low + (high - low) / (BANDS + 1) * torch.arange(1, BANDS + 1)
    hertz = 700 * torch.expm1(centres / 1127)
    # Above the knee the map leads linearly to the end of the band.
    knee = 6400 / torch.maximum(factors, torch.ones(()))[:, None]
    linear = hertz * factors[:, None]
    beyond = knee * factors[:, None] + (8000 - knee * factors[:, None]) / (8000 - knee) * (hertz - knee)
    source = torch.where(hertz < knee, linear, beyond)
    position = ((mel(source) - low) / ((high - low) / (BANDS + 1)) - 1).clamp(0, BANDS - 1)
    left = position.floor().long().clamp_max(BANDS - 2)
    share = (position - left)[:, None]
    left = left[:, None].expand(-1, x.shape[1], -1)
    return torch.lerp(x.gather(2, left), x.gather(2, left + 1), share)


def add_noise(x: Tensor, generator: torch.Generator) -> Tensor:
    """Stationary noise of a random colour, 5 to 30 dB below the mean level of each item."""
    items, frames, bands = x.shape
    level = x.exp().mean((1, 2)).log() - uniform(items, 5, 30, generator) * math.log(10) / 10
    shape = torch.randn(items, 4, generator=generator) * torch.tensor([1.5, 1.0, 0.7, 0.5])
    curves = torch.cos(math.pi * (torch.arange(bands) + 0.5) / bands * torch.arange(1, 5)[:, None])
    # The energy of noise in a narrow band: two squares of normal numbers and more, the wider the band.
    chance = torch.rand(items, frames, bands, generator=generator).clamp_min(1e-4)
    noise = level[:, None, None] + (shape @ curves)[:, None] + 0.6 * torch.log(-torch.log(chance))
    return torch.logaddexp(x, noise)


def add_room(x: Tensor, generator: torch.Generator) -> Tensor:
    """Energy that decays over 0.1 to 0.5 s (60 dB), 5 to 15 dB below the direct sound."""
    items = len(x)
    steps = torch.arange(24)
    decay = uniform(items, 0.1, 0.5, generator)
    tail = 10 ** (-6 * 0.01 * steps / decay[:, None])
    tail = tail / tail.sum(1, keepdim=True) * 10 ** (-uniform(items, 5, 15, generator) / 10)[:, None]
    kernel = tail.flip(1)[:, None]
    kernel[..., -1] += 1
    power = torch.nn.functional.pad(x.exp().transpose(1, 2), (len(steps) - 1, 0))
    wet = torch.nn.functional.conv2d(power[None], kernel[:, :, None].expand(-1, 1, 1, -1), groups=items)
    return wet[0].clamp_min(1e-7).log().transpose(1, 2)


def add_speaker(x: Tensor, generator: torch.Generator) -> Tensor:
    """A part of another item of the batch, up to half as long, 5 to 20 dB below."""
    items, frames, _ = x.shape
    other = x.roll(1, 0).roll(int(torch.randint(frames, (), generator=generator)), 1)
    difference = x.exp().mean((1, 2)).log() - other.exp().mean((1, 2)).log()
    gain = difference - uniform(items, 5, 20, generator) * math.log(10) / 10
    start = torch.rand(items, generator=generator) * 0.8 * frames
    length = uniform(items, 0.1, 0.5, generator) * frames
    time = torch.arange(frames)
    speaks = (time >= start[:, None]) & (time < (start + length)[:, None])
    mixed = torch.logaddexp(x, other + gain[:, None, None])
    return torch.where(speaks[..., None], mixed, x)


def perturb(x: Tensor, generator: torch.Generator, warp_reach: float = 0.14) -> Tensor:
    """Log-mel crops [items, frames, 80] -> the same with random changes, each to a part of the items."""
    items = len(x)
    factors = torch.exp(uniform(items, -warp_reach, warp_reach, generator))
    x = warp(x, factors)
    for change, share in ((add_speaker, 0.2), (add_room, 0.2), (add_noise, 0.35)):
        chosen = torch.rand(items, generator=generator) < share
        if int(chosen.sum()) > 0:
            x = torch.where(chosen[:, None, None], change(x, generator), x)
    return x


def hide_bands(x: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Normalised frames [items, frames, 80] with two stretches of 0 to `most` neighbouring bands of each item at their mean."""
    bands = torch.arange(BANDS)
    for _ in range(2):
        width = torch.randint(most + 1, (len(x), 1), generator=generator)
        start = (torch.rand(len(x), 1, generator=generator) * (BANDS - width)).long()
        hidden = (bands >= start) & (bands < start + width)
        x = x.masked_fill(hidden[:, None], 0)
    return x

"""Test inputs: float32, [channels, samples], nominally within [-1, 1]."""

import math
from pathlib import Path

import numpy as np
import soundfile
import torch
from scipy.signal import resample_poly
from torch import Tensor

FORMANTS_HZ = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (660, 1720, 2410), (490, 1350, 1690))


def _syllable(count: int, rate_hz: int, random: np.random.Generator) -> np.ndarray:
    """A voiced stretch: harmonics of a gliding pitch under three formants, with a little breath."""
    time = np.arange(count) / rate_hz
    start_hz, end_hz = random.uniform(80, 320, 2)
    pitch_hz = start_hz + (end_hz - start_hz) * time / max(time[-1], 1e-3) + 4 * np.sin(2 * np.pi * 5.5 * time)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate_hz
    formants = np.array(FORMANTS_HZ[random.integers(len(FORMANTS_HZ))]) * random.uniform(0.9, 1.15)
    wave = np.zeros(count)
    for harmonic in range(1, 31):
        hz = harmonic * pitch_hz
        resonance = sum(np.exp(-(((hz - f) / (120 + 0.08 * f)) ** 2)) for f in formants) + 0.02
        wave += np.where(hz < 0.45 * rate_hz, resonance / math.sqrt(harmonic), 0) * np.sin(harmonic * phase)
    return wave + 0.02 * random.standard_normal(count)


def _fricative(count: int, random: np.random.Generator) -> np.ndarray:
    """Noise, differentiated once or twice, so that its energy lies high."""
    noise = random.standard_normal(count + 2)
    return np.diff(noise, n=random.integers(1, 3))[:count] * 0.3


def speech_like(sample_count: int, rate_hz: int, seed: int) -> Tensor:
    """Syllables, fricatives and pauses of changing loudness. [1, samples], peak about 0.8."""
    random = np.random.default_rng(seed)
    pieces: list[np.ndarray] = []
    while sum(map(len, pieces)) < sample_count:
        count = int(random.uniform(0.06, 0.3) * rate_hz)
        kind = random.uniform()
        if kind < 0.12:
            pieces.append(1e-3 * random.standard_normal(count))
            continue
        wave = _fricative(count, random) if kind < 0.3 else _syllable(count, rate_hz, random)
        envelope = np.sin(np.pi * (np.arange(count) + 0.5) / count) ** random.uniform(0.3, 1.5)
        pieces.append(wave * envelope * 10 ** random.uniform(-1.2, 0) / (np.abs(wave).max() + 1e-6))
    wave = np.concatenate(pieces)[:sample_count] * 0.8
    return torch.tensor(wave, dtype=torch.float32)[None]


def speech_like_channels(sample_count: int, rate_hz: int, channels: int, seed: int) -> Tensor:
    """For more than one channel: the same speech at different loudness, with some of another."""
    main = speech_like(sample_count, rate_hz, seed)
    if channels == 1:
        return main
    other = speech_like(sample_count, rate_hz, seed + 5000)
    return torch.cat([(0.8 - 0.4 * c) * main + 0.3 * (c + 1) / channels * other for c in range(channels)])


def utterance(path: Path, rate_hz: int, channels: int) -> Tensor:
    """A recording, resampled. Every channel holds the same samples but for their loudness."""
    samples, found_hz = soundfile.read(path, dtype="float64", always_2d=True)
    common = math.gcd(found_hz, rate_hz)
    mono = resample_poly(samples.mean(1), rate_hz // common, found_hz // common)
    wave = torch.tensor(mono, dtype=torch.float32)
    return torch.stack([wave * (1 - 0.3 * c) for c in range(channels)])


def test_cases(size: str, hop: int, rate_hz: int, channels: int, speech: Path | None) -> dict[str, Tensor]:
    """Named inputs. `tiny` ones are short enough for files in the repository; `hop` is in samples."""
    tiny = size == "tiny"
    odd = 50 * hop + 7 if tiny else (2 * rate_hz // 5) | 1
    cases = {
        "one": torch.full((channels, 1), 0.3),
        "short": speech_like_channels(rate_hz, rate_hz, channels, 11)[:, rate_hz // 8 :][:, : hop - 3],
        "hop-plus-one": speech_like_channels(rate_hz, rate_hz, channels, 12)[:, rate_hz // 8 :][:, : hop + 1],
        "odd": speech_like_channels(rate_hz, rate_hz, channels, 13)[:, rate_hz // 16 :][:, :odd],
        "silence": torch.zeros(channels, 5 * hop if tiny else rate_hz // 4),
        "square": _square(8 * hop + 3 if tiny else rate_hz // 4, hop, channels),
    }
    if not tiny:
        cases["ten-seconds"] = speech_like_channels(10 * rate_hz + 7, rate_hz, channels, 14)
        if speech is not None:
            cases["utterance"] = utterance(speech, rate_hz, channels)
    return {name: samples.contiguous() for name, samples in cases.items()}


def _square(sample_count: int, hop: int, channels: int) -> Tensor:
    """Full scale, with a period that no stride divides."""
    half_period = max(3, hop // 7) | 1
    time = torch.arange(sample_count)
    return torch.stack([1 - 2 * (((time + 2 * c) // half_period) % 2).float() for c in range(channels)])

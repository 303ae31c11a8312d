"""Pulses at a given pitch and noise, through spectral envelopes: source and filter. All of it hop by hop."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass
class ExcitationConfig:
    """Pulses and noise. Pitch in Hz; pulses are Gaussians of `pulse_deviation_samples`."""

    lowest_hz: float = 50.0
    highest_hz: float = 500.0
    pulse_deviation_samples: float = 0.6
    cycle_steps: int = 2**18  # phases are whole numbers of these parts of a cycle


@dataclass
class SourceFilterConfig:
    """Sizes in samples. A window is three hops or more, a whole number of them."""

    sample_rate_hz: int
    window_samples: int
    hop_samples: int
    log_magnitude_cap: float
    excitation: ExcitationConfig


def pulses(log_pitch: Tensor, config: SourceFilterConfig, start: Tensor | None = None) -> Tensor:
    """ln of the pitch in Hz per hop [B, hops] -> pulses of unit power [B, hops, hop].

    Phases are whole numbers of `cycle_steps` parts of a cycle, so that their sum is exact however a
    stream is cut. A pulse is exp(-2 k sin^2(phase / 2)), close to a Gaussian of fixed width in samples.
    start: phases [B, 1] in steps with which the first hop begins; 0 where absent.
    """
    c, hop = config.excitation, config.hop_samples
    pitch = log_pitch.float().clamp(math.log(c.lowest_hz), math.log(c.highest_hz)).exp()
    steps_per_hz = hop / config.sample_rate_hz * c.cycle_steps
    increments = (pitch * steps_per_hz + 0.5).to(torch.int32)
    phases = (increments.cumsum(1) - increments + (0 if start is None else start)) % c.cycle_steps
    n = torch.arange(hop, dtype=torch.float32, device=pitch.device) / hop
    cycles = (phases.float()[..., None] + increments.float()[..., None] * n) / c.cycle_steps
    half_angle = math.pi * (cycles - (cycles + 0.5).floor())
    period = config.sample_rate_hz / pitch[..., None]  # samples
    sharpness = (period / (2 * math.pi * c.pulse_deviation_samples)).square()
    scale = (period / (math.sqrt(math.pi) * c.pulse_deviation_samples)).sqrt()
    return scale * (-2 * sharpness * half_angle.sin().square()).exp()


def position_noise(first_sample: int, count: int) -> np.ndarray:
    """White noise of unit power that is a function of the sample's number alone: [count] float32.

    The number goes through an integer hash of 32 bits (two multiplications, three shifts).
    """
    x = (np.arange(first_sample, first_sample + count, dtype=np.uint64) & 0xFFFFFFFF).astype(np.uint32)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return ((x.astype(np.float64) / 2**31 - 1) * math.sqrt(3)).astype(np.float32)


class SourceFilter(nn.Module):
    """The last step of a decoder: what its head gives for each hop, to samples.

    A head gives 3 bins + 1 values: log magnitude and phase of the pulses' envelope, log magnitude of the noise's, and ln
    of the pitch in Hz. What a hop of the source holds is heard `window / hop - 1` hops later, so the pitch is that of
    later samples than the envelopes, which shape the samples of a whole window up to then.
    """

    def __init__(self, config: SourceFilterConfig):
        super().__init__()
        self.config = config
        self.bins = config.window_samples // 2 + 1
        self.register_buffer("window", torch.hann_window(config.window_samples), persistent=False)

    def width(self) -> int:
        """How many values a head gives for each hop."""
        return 3 * self.bins + 1

    @torch.no_grad()
    def start_head(self, bias: Tensor) -> None:
        """Start values of a head's bias [3 bins + 1]: quiet pulses, quieter noise, 148 Hz."""
        bias[: self.bins] = -3.5
        bias[2 * self.bins : 3 * self.bins] = -4.5
        bias[-1] = 5.0

    def forward(self, envelopes: Tensor, log_pitch: Tensor, noise: Tensor, start: Tensor | None = None) -> Tensor:
        """Envelopes [B, F, 3 bins], ln pitch [B, F], noise [B, F, hop] -> samples [B, F hop]. start: see `pulses`."""
        cap = self.config.log_magnitude_cap
        loudness, phase, hiss = envelopes.split(self.bins, dim=-1)
        voiced = self.spectrum(pulses(log_pitch, self.config, start)) * torch.polar(loudness.clamp(max=cap).exp(), phase)
        spectrum = voiced + self.spectrum(noise) * hiss.clamp(max=cap).exp()
        return self.synthesise(spectrum)

    def spectrum(self, hops: Tensor) -> Tensor:
        """Hops [B, F, hop] -> half spectra [B, F, bins] of windows that end with each hop."""
        window, hop = self.config.window_samples, self.config.hop_samples
        samples = F.pad(hops.reshape(hops.shape[0], -1), (window - hop, 0))
        return torch.fft.rfft(samples.unfold(1, window, hop) * self.window)

    def synthesise(self, spectrum: Tensor) -> Tensor:
        """Half spectra [B, F, bins] -> samples [B, F hop]; frame i covers [hop i, hop i + window)."""
        window, hop = self.config.window_samples, self.config.hop_samples
        overlap = window // hop
        frames = torch.fft.irfft(spectrum, n=window) * (self.window / (0.375 * overlap))
        batch, count, _ = frames.shape
        parts = frames.reshape(batch, count, overlap, hop)
        total = 0
        for k in range(overlap):
            total = total + F.pad(parts[:, :, k], (0, 0, k, 0))[:, :count]
        return total.reshape(batch, count * hop)

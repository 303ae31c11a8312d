"""What the vocoder filters: pulses at a given pitch, and noise. All of it hop by hop."""

import math

import numpy as np
import torch
from torch import Tensor

from vocoder_config import VocoderConfig


def pulses(log_pitch: Tensor, config: VocoderConfig, start: Tensor | None = None) -> Tensor:
    """ln of the pitch in Hz per hop [B, hops] -> pulses of unit power [B, hops, hop].

    Phases are whole numbers of `cycle_steps` parts of a cycle, so that their sum is exact however a
    stream is cut. A pulse is exp(-2 k sin^2(phase / 2)), close to a Gaussian of fixed width in samples.
    start: phases [B, 1] in steps with which the first hop begins; 0 where absent.
    """
    c, hop = config.excitation, config.spectrum_hop_samples
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

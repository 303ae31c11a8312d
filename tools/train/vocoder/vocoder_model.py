"""The vocoder network: units and a voice -> pitch and two spectral envelopes -> samples.

Tensors are channels-last: [batch, frames, channels]. Every matrix is stored as [inputs, outputs], so
`state_dict()` holds the tensors of the exported file (see `vocoder_export.py`). Every layer is causal
with a delay: it gives frame t - lookahead at step t, and starts with zeros. So what is trained is just
what a stream computes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model import CausalDepthwise, Dense, layer_norm
from source_filter import SourceFilter
from vocoder_config import BlocksConfig, VocoderConfig


def delayed(x: Tensor, frames: int) -> Tensor:
    """Zeros for `frames` frames, then x: [B, T, C] -> [B, T, C]."""
    return F.pad(x, (0, 0, frames, 0))[:, : x.shape[1]]


class DelayedBlock(nn.Module):
    """A ConvNeXt block whose output is `lookahead` frames late."""

    def __init__(self, config: BlocksConfig, gain: float):
        super().__init__()
        self.lookahead = config.lookahead_frames
        self.dwconv = CausalDepthwise(config.channels, config.kernel_frames)
        self.expand = Dense(config.channels, config.channels * config.expansion)
        self.project = Dense(config.channels * config.expansion, config.channels, gain)

    def forward(self, x: Tensor) -> Tensor:
        change = self.project(F.gelu(self.expand(layer_norm(self.dwconv(x)))))
        return delayed(x, self.lookahead) + change


def make_blocks(config: BlocksConfig) -> nn.ModuleList:
    gain = 0.7 / max(config.blocks, 1) ** 0.5
    return nn.ModuleList(DelayedBlock(config, gain) for _ in range(config.blocks))


class Vocoder(nn.Module):
    """`voices` rows of voices; an export keeps the first `len(config.voices)` of them."""

    def __init__(self, config: VocoderConfig, voices: int | None = None):
        super().__init__()
        self.config = config
        slow, fast = config.slow.channels, config.fast.channels
        # One row more than there are units: what lies outside of the recording.
        self.units = nn.ParameterDict({f"k{k}": nn.Parameter(torch.randn(k + 1, slow)) for k in config.unit_counts})
        self.voices = nn.Parameter(0.5 * torch.randn(voices or len(config.voices), slow))
        self.blocks_50hz = make_blocks(config.slow)
        self.upsample = Dense(slow, 2 * fast)
        self.blocks_100hz = make_blocks(config.fast)
        self.filter = SourceFilter(config.source_filter)
        self.head = Dense(fast, self.filter.width(), 0.3)
        self.filter.start_head(self.head.bias)

    def controls(self, units: Tensor, k: int, voice: Tensor) -> tuple[Tensor, Tensor]:
        """Units [B, T] of k (k itself: none), voice rows [B] -> envelopes [B, 2 T, 3 bins], ln pitch [B, 2 T].

        Both are for the time `config.delay_frames` frames before; the pitch is two hops ahead of the envelopes.
        """
        h = self.units[f"k{k}"][units] + self.voices[voice][:, None]
        for block in self.blocks_50hz:
            h = block(h)
        batch, steps, _ = h.shape
        h = self.upsample(h).reshape(batch, 2 * steps, -1)
        for block in self.blocks_100hz:
            h = block(h)
        h = self.head(layer_norm(h)).float()
        return h[..., :-1], h[..., -1]

    @torch.no_grad()
    def forward(self, units: Tensor, k: int, voice: Tensor, noise: Tensor) -> Tensor:
        """A whole recording: units [B, T], noise [B, (T + delay) 320] -> samples [B, 320 T], with its own pitch."""
        delay, hop = self.config.delay_frames, self.config.spectrum_hop_samples
        envelopes, log_pitch = self.controls(F.pad(units, (0, delay), value=k), k, voice)
        samples = self.filter(envelopes, log_pitch, noise.reshape(noise.shape[0], -1, hop))
        return samples[:, delay * self.config.hop_samples :]

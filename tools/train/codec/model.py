"""The codec network.

Tensors are channels-last: [batch, frames, channels]. Every matrix is stored as
[inputs, outputs], so `state_dict()` holds exactly the tensors of the exported file
(see `export.py`). Every operation is causal except the encoder's look-ahead of one hop.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from config import CodecConfig, EncoderConfig
from quantizer import ResidualQuantizer
from source_filter import SourceFilter, position_noise

LAYER_NORM_EPSILON = 1e-6


class Dense(nn.Module):
    """y = x @ weight + bias, with weight [inputs, outputs]."""

    def __init__(self, inputs: int, outputs: int, gain: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs) * (gain / math.sqrt(inputs)))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.t(), self.bias)


class CausalDepthwise(nn.Module):
    """Depthwise convolution over time; weight [kernel, channels], tap 0 is the oldest frame."""

    def __init__(self, channels: int, kernel: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(kernel, channels) / math.sqrt(kernel))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        kernel, channels = self.weight.shape
        # [B, T, C] seen as a channels-last image [B, C, 1, T]: no copy, fast on CPU.
        image = F.pad(x, (0, 0, kernel - 1, 0)).unsqueeze(1).permute(0, 3, 1, 2)
        taps = self.weight.t().reshape(channels, 1, 1, kernel)
        return F.conv2d(image, taps, self.bias, groups=channels).squeeze(2).transpose(1, 2)


class Block(nn.Module):
    """x + project(gelu(expand(layer_norm(depthwise(x))))), all of it causal."""

    def __init__(self, channels: int, expansion: int, kernel: int, gain: float):
        super().__init__()
        self.dwconv = CausalDepthwise(channels, kernel)
        self.expand = Dense(channels, channels * expansion)
        self.project = Dense(channels * expansion, channels, gain)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.project(F.gelu(self.expand(layer_norm(self.dwconv(x)))))


def layer_norm(x: Tensor) -> Tensor:
    """Normalise the last axis, without scale and shift."""
    return F.layer_norm(x, x.shape[-1:], eps=LAYER_NORM_EPSILON)


def make_blocks(count: int, channels: int, expansion: int, kernel: int) -> nn.ModuleList:
    gain = 0.7 / math.sqrt(max(count, 1))
    return nn.ModuleList(Block(channels, expansion, kernel, gain) for _ in range(count))


class Encoder(nn.Module):
    def __init__(self, config: EncoderConfig, codec: CodecConfig):
        super().__init__()
        self.config, self.hop, self.lookahead = config, codec.hop_samples, codec.lookahead_samples
        features = 3 * (config.window_samples // 2 + 1)
        wide, narrow = config.channels_50hz, config.channels_100hz
        self.input = Dense(features, narrow)
        self.blocks_100hz = make_blocks(config.blocks_100hz, narrow, config.expansion, config.kernel_frames)
        self.downsample = Dense(2 * narrow, wide)
        self.blocks_50hz = make_blocks(config.blocks_50hz, wide, config.expansion, config.kernel_frames)
        self.output = Dense(wide, codec.latent_dim)
        self.register_buffer("window", torch.hann_window(config.window_samples), persistent=False)

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Samples [B, N] -> features [B, 2 * (ceil(N / hop) + 1), 3 * bins] at 100 Hz."""
        c = self.config
        padded = math.ceil(x.shape[1] / self.hop) * self.hop
        x = F.pad(x.float(), (c.window_samples - c.hop_samples, padded - x.shape[1] + self.lookahead))
        spectrum = torch.fft.rfft(x.unfold(1, c.window_samples, c.hop_samples) * self.window)
        power = spectrum.real.square() + spectrum.imag.square() + c.power_epsilon
        log_power = power.log()
        level = (0.5 * log_power + c.log_offset) * c.log_scale
        scale = (log_power * -c.compression_exponent).exp()
        return torch.cat([level, spectrum.real * scale, spectrum.imag * scale], dim=-1)

    def forward(self, x: Tensor) -> Tensor:
        """Samples [B, N] -> latents [B, ceil(N / hop), latent_dim] at 50 Hz."""
        h = self.input(self.features(x))
        for block in self.blocks_100hz:
            h = block(h)
        batch, frames, channels = h.shape
        h = self.downsample(h.reshape(batch, frames // 2, 2 * channels))
        for block in self.blocks_50hz:
            h = block(h)
        return self.output(layer_norm(h))[:, 1:]


class Decoder(nn.Module):
    def __init__(self, codec: CodecConfig):
        super().__init__()
        config = self.config = codec.decoder
        wide, narrow = config.channels_50hz, config.channels_100hz
        self.input = Dense(config.input_kernel_frames * codec.latent_dim, wide)
        self.blocks_50hz = make_blocks(config.blocks_50hz, wide, config.expansion, config.kernel_frames)
        self.upsample = Dense(wide, 2 * narrow)
        self.blocks_100hz = make_blocks(config.blocks_100hz, narrow, config.expansion, config.kernel_frames)
        self.filter = SourceFilter(codec.source_filter)
        self.head = Dense(narrow, self.filter.width(), 0.3)
        self.filter.start_head(self.head.bias)
        self.delay_samples = config.lookahead_frames * codec.hop_samples

    def controls(self, q: Tensor) -> tuple[Tensor, Tensor]:
        """Quantised latents [B, T, latent_dim] -> envelopes [B, 2 T, 3 bins], ln pitch [B, 2 T] (see `SourceFilter`)."""
        kernel = self.config.input_kernel_frames
        past = F.pad(q, (0, 0, kernel - 1, 0))
        steps = q.shape[1]
        h = self.input(torch.cat([past[:, k : k + steps] for k in range(kernel)], dim=-1))
        for block in self.blocks_50hz:
            h = block(h)
        h = self.upsample(h).reshape(h.shape[0], 2 * steps, -1)
        for block in self.blocks_100hz:
            h = block(h)
        h = self.head(layer_norm(h)).float()
        return h[..., :-1], h[..., -1]

    def forward(self, q: Tensor, samples: int | None = None) -> Tensor:
        """Quantised latents [B, T, latent_dim] -> samples [B, 320 T] or [B, samples]. After the last come zeros."""
        envelopes, log_pitch = self.controls(F.pad(q, (0, 0, 0, self.config.lookahead_frames)))
        hop = self.config.hop_samples
        noise = torch.from_numpy(position_noise(0, log_pitch.shape[1] * hop)).to(q.device)
        output = self.filter(envelopes, log_pitch, noise.reshape(1, -1, hop))
        return output[:, self.delay_samples :][:, :samples]


class Codec(nn.Module):
    def __init__(self, config: CodecConfig):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config.encoder, config)
        self.quantizer = ResidualQuantizer(config.codebook_count, config.codebook_size, config.latent_dim)
        self.decoder = Decoder(config)

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """Samples [B, N] -> codes [B, T, codebooks], integers below the codebook size."""
        return self.quantizer.encode(self.encoder(x))

    @torch.no_grad()
    def decode(self, codes: Tensor, samples: int | None = None, codebooks: int | None = None) -> Tensor:
        """Codes [B, T, >= codebooks] -> samples [B, N], from the first `codebooks` codebooks."""
        return self.decoder(self.quantizer.decode(codes[..., :codebooks]), samples)

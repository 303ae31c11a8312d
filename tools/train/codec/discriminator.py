"""Small discriminators on complex spectra, one per window size, for adversarial training."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from losses import spectrum


class SpectrumDiscriminator(nn.Module):
    """Judges patches of a compressed complex spectrum [B, 3, frames, bins] (real, imaginary, level)."""

    def __init__(self, window: int, channels: int = 24):
        super().__init__()
        self.register_buffer("window", torch.hann_window(window), persistent=False)
        c = channels
        shapes = [  # inputs, outputs, kernel (time, frequency), stride
            (3, c, (3, 8), (1, 4)), (c, 2 * c, (3, 5), (2, 2)), (2 * c, 3 * c, (3, 5), (1, 2)), (3 * c, 3 * c, (3, 3), (1, 1)),
        ]
        self.layers = nn.ModuleList(
            nn.utils.parametrizations.weight_norm(nn.Conv2d(i, o, k, s, padding=(k[0] // 2, (k[1] - 1) // 2)))
            for i, o, k, s in shapes
        )
        self.judge = nn.utils.parametrizations.weight_norm(nn.Conv2d(3 * c, 1, (3, 3), padding=1))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Samples [B, N] -> scores [B, 1, frames', bands'] and the hidden layers."""
        s = spectrum(x, self.window, self.window.shape[0] // 4)[..., 1:]
        log_power = (s.real.square() + s.imag.square() + 1e-8).log()
        scale = (-0.35 * log_power).exp()
        h = torch.stack([2 * s.real * scale, 2 * s.imag * scale, 0.15 * log_power + 1], 1)
        h = h.contiguous(memory_format=torch.channels_last)
        hidden = []
        for layer in self.layers:
            h = F.leaky_relu(layer(h), 0.1)
            hidden.append(h)
        return self.judge(h), hidden


class Discriminator(nn.Module):
    def __init__(self, windows: tuple[int, ...] = (256, 512, 1024), channels: int = 24):
        super().__init__()
        self.members = nn.ModuleList(SpectrumDiscriminator(w, channels) for w in windows)

    def forward(self, x: Tensor) -> list[tuple[Tensor, list[Tensor]]]:
        return [member(x) for member in self.members]


def discriminator_loss(real: list, fake: list) -> Tensor:
    """Hinge loss, averaged over the members."""
    terms = [F.relu(1 - r).mean() + F.relu(1 + f).mean() for (r, _), (f, _) in zip(real, fake)]
    return sum(terms) / len(terms)


def generator_losses(real: list, fake: list) -> tuple[Tensor, Tensor]:
    """Adversarial loss and feature matching (relative to the real features' mean size)."""
    adversarial = sum(-f.mean() for f, _ in fake) / len(fake)
    matching = [
        (a - b.detach()).abs().mean() / b.detach().abs().mean().clamp_min(1e-3)
        for (_, fake_layers), (_, real_layers) in zip(fake, real)
        for a, b in zip(fake_layers, real_layers)
    ]
    return adversarial, sum(matching) / len(matching)

"""Reconstruction losses: everything is computed from one short-time spectrum per window size."""

import math

import torch
from torch import Tensor, nn

RATE = 16000
# window (samples) -> mel bands; the hop is a quarter of the window
SCALES = {64: 8, 128: 16, 256: 32, 512: 64, 1024: 96, 2048: 160}


def mel_bank(window: int, bands: int, rate: int = RATE) -> Tensor:
    """Triangular mel filters [window // 2 + 1, bands], each of unit area where it has any bin."""
    mel = lambda hz: 2595 * math.log10(1 + hz / 700)
    edges = torch.linspace(0, mel(rate / 2), bands + 2, dtype=torch.float64)
    edges = 700 * (10 ** (edges / 2595) - 1)
    bins = torch.linspace(0, rate / 2, window // 2 + 1, dtype=torch.float64)
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    bank = torch.minimum(rising, falling).clamp_min(0)
    empty = bank.sum(0) == 0  # bands narrower than a bin: take the nearest bin
    nearest = (bins[:, None] - edges[1:-1]).abs().argmin(0)
    bank[nearest[empty], empty.nonzero().squeeze(-1)] = 1
    return (bank / bank.sum(0)).float()


def spectrum(x: Tensor, window: Tensor, hop: int) -> Tensor:
    """Samples [B, N] -> complex spectra [B, frames, bins], scaled to unit noise gain."""
    size = window.shape[0]
    frames = x.unfold(1, size, hop) * window
    return torch.fft.rfft(frames) / window.square().sum().sqrt()


class ReconstructionLoss(nn.Module):
    """Log-mel + log-magnitude + spectral convergence + compressed complex spectrum.

    Powers carry a floor of `floor` (relative to full scale), about -80 dB per bin.
    """

    def __init__(self, mel: float = 1.0, magnitude: float = 0.25, convergence: float = 0.25,
                 complex_: float = 1.0, floor: float = 1e-8, shortest_window: int = 64):
        super().__init__()
        self.scales = {size: bands for size, bands in SCALES.items() if size >= shortest_window}
        self.weights = {"mel": mel, "magnitude": magnitude, "convergence": convergence, "complex": complex_}
        self.floor = floor
        for size, bands in self.scales.items():
            self.register_buffer(f"window_{size}", torch.hann_window(size), persistent=False)
            self.register_buffer(f"bank_{size}", mel_bank(size, bands), persistent=False)

    def forward(self, output: Tensor, target: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Samples [B, N] twice -> the weighted sum and its terms (each a mean per scale)."""
        sums = dict.fromkeys(self.weights, 0.0)
        for size in self.scales:
            for name, value in self.scale_terms(output, target, size).items():
                sums[name] = sums[name] + value
        counts = {"mel": len(self.scales), "magnitude": 3, "convergence": 3, "complex": 2}
        terms = {name: sums[name] / counts[name] for name in sums}
        total = sum(self.weights[name] * term for name, term in terms.items())
        return total, {name: float(term.detach()) for name, term in terms.items() if self.weights[name] > 0}

    def scale_terms(self, output: Tensor, target: Tensor, size: int) -> dict[str, Tensor]:
        window, bank = getattr(self, f"window_{size}"), getattr(self, f"bank_{size}")
        hop = size // 4
        a = spectrum(output, window, hop)
        with torch.no_grad():
            b = spectrum(target, window, hop)
            power_b = b.real.square() + b.imag.square()
        power_a = a.real.square() + a.imag.square()
        mel_a, mel_b = (power_a @ bank + self.floor).log(), (power_b @ bank + self.floor).log()
        terms = {"mel": (mel_a - mel_b).abs().mean()}
        if size in (256, 512, 1024, 2048):
            log_a, log_b = (power_a + self.floor).log(), (power_b + self.floor).log()
        if size in (512, 1024, 2048):
            terms["magnitude"] = (log_a - log_b).abs().mean()
            root_a, root_b = (0.5 * log_a).exp(), (0.5 * log_b).exp()
            norm = root_b.square().sum((1, 2)).clamp_min(1e-4)
            terms["convergence"] = ((root_a - root_b).square().sum((1, 2)) / norm).sqrt().mean()
        if size in (256, 512) and self.weights["complex"] > 0:
            # |S|^0.3 with the phase kept; compression makes quiet parts count
            scale_a, scale_b = (-0.35 * log_a).exp(), (-0.35 * log_b).exp()
            real = a.real * scale_a - b.real * scale_b
            imag = a.imag * scale_a - b.imag * scale_b
            terms["complex"] = (real.square() + imag.square() + 1e-6).sqrt().mean()
        return terms

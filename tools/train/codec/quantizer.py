"""Residual vector quantisation with codebooks learned as moving averages."""

import torch
from torch import Tensor, nn


class ResidualQuantizer(nn.Module):
    """`codebooks` [levels, size, dim]; level k quantises what levels < k left over.

    Only `codebooks` is part of the exported model. The averages, the reservoir of recent
    residuals (from which unused codes are restarted) and the counters serve training.
    """

    def __init__(self, levels: int, size: int, dim: int, decay: float = 0.99, reservoir: int = 8192):
        super().__init__()
        self.levels, self.size, self.dim, self.decay = levels, size, dim, decay
        self.register_buffer("codebooks", torch.randn(levels, size, dim))
        self.register_buffer("usage", torch.ones(levels, size), persistent=False)
        self.register_buffer("sums", self.codebooks.clone(), persistent=False)
        self.register_buffer("reservoir", torch.zeros(levels, reservoir, dim), persistent=False)
        self.register_buffer("filled", torch.zeros((), dtype=torch.long), persistent=False)

    def training_state(self) -> dict[str, Tensor]:
        return {k: getattr(self, k) for k in ("usage", "sums", "reservoir", "filled")}

    def load_training_state(self, state: dict[str, Tensor]) -> None:
        for name, value in state.items():
            getattr(self, name).copy_(value)

    def nearest(self, level: int, residual: Tensor) -> Tensor:
        """Residuals [V, dim] -> indices [V] of the nearest codes (Euclidean)."""
        book = self.codebooks[level]
        return (book.square().sum(-1) - 2.0 * residual @ book.t()).argmin(-1)

    @torch.no_grad()
    def encode(self, z: Tensor) -> Tensor:
        """Latents [..., dim] -> codes [..., levels]."""
        residual, codes = z.reshape(-1, self.dim).float(), []
        for level in range(self.levels):
            index = self.nearest(level, residual)
            residual = residual - self.codebooks[level][index]
            codes.append(index)
        return torch.stack(codes, -1).reshape(*z.shape[:-1], self.levels)

    def decode(self, codes: Tensor) -> Tensor:
        """Codes [..., k] -> sum of the chosen code vectors [..., dim], for any k <= levels."""
        return sum(self.codebooks[k][codes[..., k]] for k in range(codes.shape[-1]))

    def forward(self, z: Tensor, counts: Tensor) -> tuple[Tensor, Tensor, list[Tensor], list[Tensor]]:
        """Quantise in training.

        z: latents [B, T, dim]; counts: how many codebooks each item uses [B], 1..levels.
        Returns the quantised latents with straight-through gradients [B, T, dim], the
        commitment loss relative to the latents' variance, and per level what `update`
        needs: codes [B * T] and the residuals they stand for [B * T, dim].
        """
        flat = z.detach().reshape(-1, self.dim).float()
        residual, total = flat, torch.zeros_like(flat)
        per_vector = counts.repeat_interleave(z.shape[1])
        codes, residuals = [], []
        for level in range(self.levels):
            index = self.nearest(level, residual)
            code = self.codebooks[level][index]
            total = total + code * (per_vector > level).unsqueeze(-1)
            codes.append(index)
            residuals.append(residual)
            residual = residual - code
        quantised = total.reshape(z.shape)
        variance = flat.var(0).mean().clamp_min(1e-6)
        commitment = (z.float() - quantised).square().mean() / variance
        return z + (quantised - z).detach(), commitment, codes, residuals

    @torch.no_grad()
    def update(self, codes: list[Tensor], residuals: list[Tensor], keep: int = 128) -> None:
        """Move the codes towards the means of their residuals; remember some residuals."""
        count = residuals[0].shape[0]
        slot = (int(self.filled) + torch.arange(keep, device=codes[0].device)) % self.reservoir.shape[1]
        for level, (index, residual) in enumerate(zip(codes, residuals)):
            hits = torch.bincount(index, minlength=self.size).float()
            added = torch.zeros_like(self.sums[level]).index_add_(0, index, residual)
            self.usage[level].mul_(self.decay).add_(hits, alpha=1 - self.decay)
            self.sums[level].mul_(self.decay).add_(added, alpha=1 - self.decay)
            self.codebooks[level] = self.sums[level] / self.usage[level].clamp_min(1e-4).unsqueeze(-1)
            pick = torch.randint(count, (keep,), device=residual.device)
            self.reservoir[level, slot] = residual[pick]
        self.filled += keep

    @torch.no_grad()
    def restart_dead(self, vectors_per_step: int, threshold: float = 0.05) -> list[int]:
        """Replace codes used less than `threshold` of the mean; returns how many per level."""
        available = min(int(self.filled), self.reservoir.shape[1])
        mean, counts = vectors_per_step / self.size, []
        for level in range(self.levels):
            dead = (self.usage[level] < threshold * mean).nonzero().squeeze(-1)
            counts.append(dead.numel())
            if dead.numel() == 0 or available == 0:
                continue
            fresh = self.reservoir[level, torch.randint(available, (dead.numel(),), device=dead.device)]
            self.codebooks[level, dead] = fresh
            self.usage[level, dead] = 0.5 * mean
            self.sums[level, dead] = fresh * (0.5 * mean)
        return counts

    @torch.no_grad()
    def initialise(self, z: Tensor, vectors_per_step: int, iterations: int = 12) -> None:
        """k-means on latents [V, dim], one level after the other."""
        residual = z.float()
        for level in range(self.levels):
            book = residual[torch.randperm(len(residual), device=z.device)[: self.size]].clone()
            for _ in range(iterations):
                index = (book.square().sum(-1) - 2.0 * residual @ book.t()).argmin(-1)
                hits = torch.bincount(index, minlength=self.size).float()
                sums = torch.zeros_like(book).index_add_(0, index, residual)
                book = sums / hits.clamp_min(1).unsqueeze(-1)
                empty = (hits == 0).nonzero().squeeze(-1)
                book[empty] = residual[torch.randint(len(residual), (empty.numel(),), device=z.device)]
            self.codebooks[level] = book
            index = self.nearest(level, residual)
            hits = torch.bincount(index, minlength=self.size).float().clamp_min(0.5)
            self.usage[level] = hits * (vectors_per_step / len(residual))
            self.sums[level] = book * self.usage[level].unsqueeze(-1)
            residual = residual - book[index]

"""Codebooks that fit what the encoder gives out, and how much of them is used.

A codebook is a sample of the vectors that its level has to quantise, shrunk as centroids are. The residual
that the next level sees is measured with each sample's own entry left out, as for audio never heard before.
"""

import math

import torch
from torch import Tensor

SHRINK = (1.0, 0.85, 0.7, 0.55, 0.45, 0.35, 0.25)


def euclidean_book(vectors: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """For vectors [N, D]: a codebook [size, D] and the residual [N, D]."""
    chosen = _sample(len(vectors), size)
    base = vectors[chosen] + 0.1 * vectors.std(0) * torch.randn(size, vectors.shape[1])
    products, norms = vectors @ base.t(), base.pow(2).sum(1)
    best: tuple[float, Tensor] | None = None
    for shrink in SHRINK:
        residual = vectors - shrink * base[_nearest(shrink**2 * norms - 2 * shrink * products, chosen)]
        energy = float(residual.pow(2).sum())
        if best is None or energy < best[0]:
            best, book = (energy, residual), shrink * base
    return book, best[1]


def cosine_book(vectors: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The same where directions are compared: a codebook [size, D] and the vectors' nearest entries [N]."""
    chosen = _sample(len(vectors), size)
    book = vectors[chosen] + 0.25 * vectors.std(0) * torch.randn(size, vectors.shape[1])
    unit = torch.nn.functional.normalize
    nearest = _nearest(-unit(vectors) @ unit(book).t(), chosen)
    gain = float((vectors * book[nearest]).sum() / book[nearest].pow(2).sum())
    return book * gain, nearest


def _sample(count: int, size: int) -> Tensor:
    return torch.cat([torch.randperm(count) for _ in range(math.ceil(size / count))])[:size]


def _nearest(distances: Tensor, chosen: Tensor) -> Tensor:
    """The nearest entry of each vector but the one drawn from it. distances [N, size], chosen [size]."""
    distances = distances.clone()
    distances[chosen, torch.arange(len(chosen))] = math.inf
    return distances.argmin(1)


def projections(vectors: Tensor, dims: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Projections onto the strongest directions of vectors [N, D], rotated, and back.

    Returns the weight and bias in ([dims, D], [dims]) and out ([D, dims], [D]).
    """
    mean = vectors.mean(0)
    values, axes = torch.linalg.eigh((vectors - mean).t() @ (vectors - mean) / len(vectors))
    axes, spread = axes[:, -dims:], values[-dims:].clamp(min=1e-12).sqrt()
    rotation = torch.linalg.qr(torch.randn(dims, dims))[0]
    half_whiten = spread.rsqrt() * spread.max().rsqrt() * 2
    into = rotation @ (axes * half_whiten).t()
    back = (axes / half_whiten) @ rotation.t()
    bias_in = -into @ mean + 0.1 * torch.randn(dims)
    bias_out = mean - back @ (into @ mean + bias_in) + 0.02 * vectors.std() * torch.randn(len(mean))
    return into, bias_in, back * (1 + 0.1 * torch.randn_like(back)), bias_out


def use_of(codes: list[Tensor], sizes: list[int]) -> list[dict[str, float]]:
    """Per codebook: distinct codes, entropy in bits, the most that this many codes could have, frames."""
    table = []
    for ids, size in zip(codes, sizes):
        share = torch.bincount(ids.flatten(), minlength=size).double() / ids.numel()
        share = share[share > 0]
        table.append({
            "distinct": len(share),
            "entropyBits": round(float(-(share * share.log2()).sum()), 2),
            "mostBits": round(math.log2(min(size, ids.numel())), 2),
            "frames": ids.numel(),
        })
    return table

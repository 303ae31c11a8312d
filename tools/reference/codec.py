"""What the families have in common: a built model, and how to run it for one input."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor, nn


@dataclass(frozen=True)
class Codec:
    model: nn.Module
    rate_hz: int
    channels: int
    hop_samples: int
    book_sizes: list[int]
    codebook_counts: tuple[int, ...]
    """With how many codebooks the references are decoded, the largest first."""
    codes: Callable[[nn.Module, Tensor], list[Tensor]]
    """Samples [channels, n] -> the ids of each codebook."""
    reference: Callable[[nn.Module, Tensor, str], dict[str, Tensor]]
    """Samples [channels, n] and the name of the case -> the tensors to store, by name."""
    save: Callable[[Path, bool], None]
    """Writes the checkpoint into a folder, in 16-bit floats if told so."""
    load: Callable[[Path], nn.Module]
    """Reads it back as the authors do; the references are made with what was read."""
    facts: dict[str, object] = field(default_factory=dict)
    """Written into the metadata of the reference file."""


def wave(samples: Tensor) -> Tensor:
    """[1, n] -> [n]; more channels stay [channels, n]."""
    return (samples[0] if samples.shape[0] == 1 else samples).contiguous()

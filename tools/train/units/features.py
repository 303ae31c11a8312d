"""Log-mel frames as w2v-BERT 2.0 takes them, and the MFCC features whose clusters are the first targets.

Source: huggingface/transformers, `models/seamless_m4t/feature_extraction_seamless_m4t.py`, whose window and filters are
used; kaldi-asr/kaldi, `src/feat/feature-window.cc`.
"""

import math
from functools import cache

import torch
from torch import Tensor
from transformers import SeamlessM4TFeatureExtractor

BANDS = 80
WINDOW, HOP = 400, 160  # samples of a log-mel frame
STACK = 2  # log-mel frames that are joined to one row of the encoder
ROW_HOP = STACK * HOP  # 320 samples: 50 rows/s
ROW_WINDOW = (STACK - 1) * HOP + WINDOW  # 560 samples that a row sees
FLOOR = 1.192092955078125e-7


@cache
def extractor() -> SeamlessM4TFeatureExtractor:
    """Its settings are written beside the weights; its own frames are made one by one, too slowly for a corpus."""
    return SeamlessM4TFeatureExtractor(feature_size=BANDS, num_mel_bins=BANDS, sampling_rate=16000, stride=STACK)


@cache
def bank() -> tuple[Tensor, Tensor]:
    """Povey window [400] and mel filters [257, 80]."""
    return torch.tensor(extractor().window).float()[:WINDOW], torch.tensor(extractor().mel_filters).float()


def log_mel(samples: Tensor) -> Tensor:
    """Samples [N] in [-1, 1] -> natural log of mel energies [frames, 80]; none where N < 400."""
    if len(samples) < WINDOW:
        return torch.zeros(0, BANDS)
    window, filters = bank()
    frames = (samples * 2**15).unfold(0, WINDOW, HOP)
    frames = frames - frames.mean(1, keepdim=True)
    frames = torch.cat([frames[:, :1] * 0.03, frames[:, 1:] - 0.97 * frames[:, :-1]], 1)
    power = torch.fft.rfft(frames * window, 512).abs().square()
    return (power @ filters).clamp_min(FLOOR).log()


def normalise(frames: Tensor) -> Tensor:
    """Each band with mean 0 and variance 1 over time: [..., frames, bands]."""
    return (frames - frames.mean(-2, keepdim=True)) / (frames.var(-2, keepdim=True) + 1e-7).sqrt()


def rows(frames: Tensor) -> Tensor:
    """[..., frames, bands] -> [..., frames // 2, 2 * bands]; an odd frame at the end is dropped."""
    count = frames.shape[-2] // STACK
    return frames[..., : count * STACK, :].reshape(*frames.shape[:-2], count, STACK * frames.shape[-1])


@cache
def cosines(count: int) -> Tensor:
    """The first vectors of the discrete cosine transform [80, count]."""
    n = torch.arange(BANDS) + 0.5
    matrix = torch.cos(math.pi / BANDS * n[:, None] * torch.arange(count)) * math.sqrt(2 / BANDS)
    matrix[:, 0] /= math.sqrt(2)
    return matrix


def deltas(x: Tensor, reach: int = 2) -> Tensor:
    """Slopes over 2 * reach + 1 frames, [frames, values]; the outermost frames are repeated."""
    padded = torch.cat([x[:1].expand(reach, -1), x, x[-1:].expand(reach, -1)])
    weights = range(1, reach + 1)
    total = sum(w * (padded[reach + w : reach + w + len(x)] - padded[reach - w : reach - w + len(x)]) for w in weights)
    return total / (2 * sum(w * w for w in weights))


def mfcc(frames: Tensor, count: int = 13) -> Tensor:
    """Log-mel [frames, 80] -> cepstra with first and second slopes [frames, 3 * count]."""
    cepstra = frames @ cosines(count)
    first = deltas(cepstra)
    return torch.cat([cepstra, first, deltas(first)], 1)


def row_means(x: Tensor) -> Tensor:
    """Means of the frames of each row: [frames, values] -> [frames // 2, values]."""
    count = len(x) // STACK
    return x[: count * STACK].reshape(count, STACK, -1).mean(1)

"""SNAC: the authors' own code, hubertsiuzdak/snac, installed or from a checkout (`--snac-source`)."""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from codebooks import cosine_book, projections
from codec import Codec, wave
from signals import speech_like
from weights import enliven, randomize, round_to_half, set_weight

COMMON = {"codebook_dim": 8, "noise": True, "depthwise": True}
LARGE = COMMON | {
    "encoder_dim": 64, "encoder_rates": [2, 3, 8, 8], "decoder_dim": 1536, "decoder_rates": [8, 8, 3, 2],
    "attn_window_size": 32, "codebook_size": 4096, "vq_strides": [8, 4, 2, 1],
}
TINY = COMMON | {"codebook_size": 64, "codebook_dim": 4}
CONFIGS = {
    "snac-24khz": {
        "full": COMMON | {
            "sampling_rate": 24_000, "encoder_dim": 48, "encoder_rates": [2, 4, 8, 8], "decoder_dim": 1024,
            "decoder_rates": [8, 8, 4, 2], "attn_window_size": None, "codebook_size": 4096, "vq_strides": [4, 2, 1],
        },
        "tiny": TINY | {
            "sampling_rate": 24_000, "encoder_dim": 4, "encoder_rates": [2, 4, 4], "decoder_dim": 40,
            "decoder_rates": [4, 4, 2], "attn_window_size": None, "vq_strides": [4, 2, 1],
        },
    },
    "snac-32khz": {
        "full": LARGE | {"sampling_rate": 32_000},
        # Attention needs 64 channels, the width of one head.
        "tiny": TINY | {
            "sampling_rate": 32_000, "encoder_dim": 32, "encoder_rates": [5], "decoder_dim": 64, "decoder_rates": [5],
            "attn_window_size": 4, "vq_strides": [8, 4, 2, 1],
        },
    },
    "snac-44khz": {
        "full": LARGE | {"sampling_rate": 44_100},
        # Padding goes to the least common multiple of 8 and 6 frames, which is neither.
        "tiny": TINY | {
            "sampling_rate": 44_100, "encoder_dim": 16, "encoder_rates": [2, 3], "decoder_dim": 64, "decoder_rates": [3, 2],
            "attn_window_size": 6, "vq_strides": [8, 4, 2, 1],
        },
    },
}


def use_source(folder: Path) -> None:
    sys.path.append(str(folder))


def build(name: str, size: str, half: bool) -> Codec:
    from snac import SNAC

    config = CONFIGS[name][size]
    model = SNAC(**config).eval()
    randomize(model)
    hop = int(model.hop_length)
    unit = hop * math.lcm(model.vq_strides[0], model.attn_window_size or 1)
    signal = model.preprocess(speech_like((2 if size == "full" else 1) * unit * max(1, 300 * hop // unit), model.sampling_rate, 1)[None])
    enliven(lambda: model.encoder(signal), model.encoder, _target)
    _fill_codebooks(model, (6000 if size == "full" else 4000) * hop, unit)
    quantized = model.quantizer(model.encoder(signal))[0]
    last = f"model.{len(model.decoder.model) - 2}"
    enliven(lambda: model.decoder(quantized), model.decoder, lambda n: 0.1 if n == last else _target(n))
    if half:
        round_to_half(model)
    return Codec(
        model=model, rate_hz=model.sampling_rate, channels=1, hop_samples=hop,
        book_sizes=[model.codebook_size] * model.n_codebooks, codebook_counts=tuple(range(model.n_codebooks, 0, -1)),
        codes=lambda model, samples: [ids[0] for ids in model.encode(samples[None])], reference=_reference,
        save=lambda folder, as_half: _save(model, config, folder, as_half),
        load=lambda folder: SNAC.from_pretrained(str(folder)),
        facts={"vqStrides": model.vq_strides, "paddedToSamples": unit},
    )


def _target(name: str) -> float:
    if name.endswith("to_qkv"):
        return 1.2
    if name.endswith(("to_out", "block.3")):
        return 0.5
    return 0.3 if name.endswith("block.2.linear") else 1.0


def _save(model: nn.Module, config: dict[str, object], folder: Path, half: bool) -> None:
    """As published: `config.json` holds the constructor's arguments, `pytorch_model.bin` the state."""
    state = model.state_dict()
    torch.save({name: tensor.half() if half else tensor for name, tensor in state.items()}, folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def _fill_codebooks(model: nn.Module, sample_count: int, unit: int) -> None:
    """Each level projects onto the strongest directions of what the levels before it left, averaged in time."""
    samples = speech_like(sample_count // unit * unit, model.sampling_rate, 2)
    part_length = max(unit, 1000 * int(model.hop_length) // unit * unit)
    residual = torch.cat([model.encoder(part[None])[0] for part in samples.split(part_length, dim=1)], dim=1)
    for quantizer in model.quantizer.quantizers:
        pooled = nn.functional.avg_pool1d(residual[None], quantizer.stride)[0].t()
        into, bias_in, back, bias_out = projections(pooled, model.codebook_dim)
        set_weight(quantizer.in_proj, into[:, :, None])
        quantizer.in_proj.bias.copy_(bias_in)
        set_weight(quantizer.out_proj, back[:, :, None])
        quantizer.out_proj.bias.copy_(bias_out)
        book, nearest = cosine_book(pooled @ into.t() + bias_in, model.codebook_size)
        quantizer.codebook.weight.copy_(book)
        residual = residual - (book[nearest] @ back.t() + bias_out).t().repeat_interleave(quantizer.stride, dim=1)


def _reference(model: nn.Module, samples: Tensor, case: str) -> dict[str, Tensor]:
    codes = model.encode(samples[None])
    count = samples.shape[1]
    tensors = {"samples": wave(samples)}
    for level, ids in enumerate(codes):
        tensors[f"codes.{level}"] = ids[0].int()
    with _noise(model, None):
        for levels in range(model.n_codebooks, 0, -1):
            tensors[f"decoded.{levels}"] = _decode(model, codes, levels)[:count]
    if case == "odd":
        tensors["latents"] = model.encoder(model.preprocess(samples[None]))[0].t()
        noise = _draw_noise(model, codes)
        with _noise(model, noise):
            tensors["decoded-with-noise"] = _decode(model, codes, model.n_codebooks)[:count]
        for block, drawn in enumerate(noise):
            tensors[f"noise.{block}"] = drawn[0, 0]
    return tensors


def _decode(model: nn.Module, codes: list[Tensor], levels: int) -> Tensor:
    """The first levels only: the sum over quantizers stops there. [n padded]"""
    model.quantizer.n_codebooks = levels
    decoded = model.decode(codes)[0, 0]
    model.quantizer.n_codebooks = len(codes)
    return decoded


def _noise_blocks(model: nn.Module) -> list[nn.Module]:
    return [module for module in model.decoder.modules() if type(module).__name__ == "NoiseBlock"]


def _draw_noise(model: nn.Module, codes: list[Tensor]) -> list[Tensor]:
    """Normal noise [1, 1, samples at that block], one per decoder block."""
    length, noise = len(codes[-1][0]), []
    for rate in model.decoder_rates:
        length *= rate
        noise.append(torch.randn(1, 1, length))
    return noise


@contextmanager
def _noise(model: nn.Module, noise: list[Tensor] | None) -> Iterator[None]:
    """Replaces what the noise blocks draw; None takes their noise away."""

    def hook(block: nn.Module, inputs: tuple[Tensor], _: Tensor) -> Tensor:
        (x,) = inputs
        return x if noise is None else x + noise[blocks.index(block)].to(x.dtype) * block.linear(x)

    blocks = _noise_blocks(model)
    handles = [block.register_forward_hook(hook) for block in blocks]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()

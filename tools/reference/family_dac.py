"""DAC: `DacModel` of transformers, after descriptinc/descript-audio-codec."""

import torch
from torch import Tensor, nn
from transformers import DacConfig, DacModel

from codebooks import cosine_book, projections
from codec import Codec, wave
from hub_files import save_like_hub
from signals import speech_like
from weights import enliven, randomize, round_to_half, set_weight

TINY = {"encoder_hidden_size": 4, "decoder_hidden_size": 24, "codebook_size": 64, "codebook_dim": 4}
CONFIGS = {
    "dac-16khz": {
        "full": {"downsampling_ratios": [2, 4, 5, 8], "n_codebooks": 12, "sampling_rate": 16_000},
        "tiny": TINY | {"downsampling_ratios": [2, 3, 4], "n_codebooks": 5, "sampling_rate": 16_000},
    },
    "dac-24khz": {
        "full": {"downsampling_ratios": [2, 4, 5, 8], "n_codebooks": 32, "sampling_rate": 24_000},
        "tiny": TINY | {"downsampling_ratios": [2, 5], "n_codebooks": 8, "sampling_rate": 24_000},
    },
    "dac-44khz": {
        "full": {"downsampling_ratios": [2, 4, 8, 8], "n_codebooks": 9, "sampling_rate": 44_100},
        "tiny": TINY | {"downsampling_ratios": [2, 4, 4], "n_codebooks": 4, "sampling_rate": 44_100},
    },
}


def build(name: str, size: str, half: bool) -> Codec:
    config = DacConfig(**CONFIGS[name][size])
    model = DacModel(config).eval()
    randomize(model)
    signal = _pad(config, speech_like(2 * config.sampling_rate if size == "full" else 600 * config.hop_length, config.sampling_rate, 1))
    enliven(lambda: model.encoder(signal), model.encoder, _target)
    _fill_codebooks(model, (4000 if size == "full" else 3000) * config.hop_length)
    quantized = model.encode(signal).quantized_representation
    enliven(lambda: model.decoder(quantized), model.decoder, lambda name: 0.1 if name == "conv2" else _target(name))
    if half:
        round_to_half(model)
    return Codec(
        model=model, rate_hz=config.sampling_rate, channels=1, hop_samples=config.hop_length,
        book_sizes=[config.codebook_size] * config.n_codebooks, codebook_counts=tuple(_counts(model)),
        codes=lambda model, samples: list(_encode(model, samples)[0]), reference=_reference,
        save=lambda folder, as_half: save_like_hub(model, folder, as_half, {}),
        load=lambda folder: DacModel.from_pretrained(folder, dtype=torch.float32).eval(),
    )


def _target(name: str) -> float:
    return 0.4 if "res_unit" in name and name.endswith("conv2") else 1.0


def _pad(config: DacConfig, samples: Tensor) -> Tensor:
    """[1, n] -> [1, 1, n padded with zeros on the right to whole hops], as the authors do."""
    return nn.functional.pad(samples, (0, -samples.shape[1] % config.hop_length))[None]


def _fill_codebooks(model: DacModel, sample_count: int) -> None:
    """Each level projects onto the strongest directions of what the levels before it left."""
    config = model.config
    samples = speech_like(sample_count, config.sampling_rate, 2)
    parts = samples.split(1000 * config.hop_length, dim=1)
    residual = torch.cat([model.encoder(_pad(config, part))[0].t() for part in parts])
    for quantizer in model.quantizer.quantizers:
        into, bias_in, back, bias_out = projections(residual, config.codebook_dim)
        set_weight(quantizer.in_proj, into[:, :, None])
        quantizer.in_proj.bias.copy_(bias_in)
        set_weight(quantizer.out_proj, back[:, :, None])
        quantizer.out_proj.bias.copy_(bias_out)
        book, nearest = cosine_book(residual @ into.t() + bias_in, config.codebook_size)
        quantizer.codebook.weight.copy_(book)
        residual = residual - (book[nearest] @ back.t() + bias_out)


def _encode(model: DacModel, samples: Tensor) -> Tensor:
    """[1, n] -> [1, codebooks, frames]"""
    return model.encode(_pad(model.config, samples)).audio_codes


def _reference(model: DacModel, samples: Tensor, case: str) -> dict[str, Tensor]:
    codes = _encode(model, samples)
    tensors = {"samples": wave(samples), "codes": codes[0].t().int()}
    # This decoder is the slowest of all.
    for count in _counts(model)[:1] if case in ("ten-seconds", "precision") else _counts(model):
        # With an odd stride the decoder gives out fewer samples than whole hops.
        tensors[f"decoded.{count}"] = model.decode(audio_codes=codes[:, :count]).audio_values[0, : samples.shape[1]]
    if case == "odd":
        tensors["latents"] = model.encoder(_pad(model.config, samples))[0].t()
    return tensors


def _counts(model: DacModel) -> list[int]:
    count = model.config.n_codebooks
    return sorted({count, count // 2, 1}, reverse=True)

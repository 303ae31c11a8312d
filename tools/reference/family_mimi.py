"""Mimi: `MimiModel` of transformers, after kyutai-labs/moshi.

The input is padded with zeros to whole frames of 1920 samples before it reaches the model, as the authors'
own code wants it: with another length, transformers pads each layer on its own and gives other codes.
"""

import torch
from torch import Tensor, nn
from transformers import MimiConfig, MimiModel

from codebooks import euclidean_book
from codec import Codec, wave
from hub_files import save_like_hub
from signals import speech_like
from weights import enliven, randomize, round_to_half

CONFIGS = {
    "mimi": {
        "full": {},
        "tiny": {
            "hidden_size": 24, "num_filters": 3, "upsampling_ratios": [4, 3, 2], "codebook_size": 64, "codebook_dim": 10,
            "vector_quantization_hidden_dimension": 10, "num_quantizers": 6, "upsample_groups": 24,
            "num_hidden_layers": 2, "intermediate_size": 40, "num_attention_heads": 3, "num_key_value_heads": 3,
            "head_dim": 8, "sliding_window": 10,
        },
    },
}
UNUSED_CODES = 2
"""Entries per codebook that training never used: the divisor is then clamped to 1e-5."""


def build(name: str, size: str, half: bool) -> Codec:
    config = MimiConfig(**CONFIGS[name][size])
    model = MimiModel(config).eval()
    randomize(model)
    hop = config.frame_size
    signal = _pad(config, speech_like(100 * hop, config.sampling_rate, 1))
    enliven(lambda: model.encoder(signal), model.encoder, _target)
    enliven(lambda: _latents(model, signal), model.encoder_transformer, _target)
    enliven(lambda: _latents(model, signal), model.downsample, _target)
    _fill_codebooks(model, (4000 if size == "full" else 2000) * hop)
    codes = model.quantizer.encode(_latents(model, signal)).transpose(0, 1)
    last = f"layers.{len(model.decoder.layers) - 1}.conv"
    for part in (model.quantizer, model.upsample, model.decoder_transformer, model.decoder):
        # The projections into the codebooks' space stay as the codebooks were made for.
        enliven(lambda: model.decode(codes), part, lambda n: 0.1 if part is model.decoder and n == last else _target(n))
    if half:
        round_to_half(model)
    return Codec(
        model=model, rate_hz=config.sampling_rate, channels=1, hop_samples=hop,
        book_sizes=[config.codebook_size] * config.num_quantizers, codebook_counts=tuple(_counts(model)),
        codes=lambda model, samples: list(_encode(model, samples)[0]), reference=_reference,
        save=lambda folder, as_half: save_like_hub(model, folder, as_half, _hub_keys(config)),
        load=lambda folder: MimiModel.from_pretrained(folder, dtype=torch.float32).eval(),
        facts={"slidingWindow": config.sliding_window},
    )


def _hub_keys(config: MimiConfig) -> dict[str, object]:
    """The published configuration was written before `rope_parameters`, and states its frame rate."""
    return {"_frame_rate": ..., "rope_parameters": ..., "rope_theta": 10_000.0, "frame_rate": config.frame_rate}


def _target(name: str) -> float:
    if name.endswith(("q_proj", "k_proj")):
        return 1.7
    if name.endswith("output_proj"):
        return 0.7
    return 0.5 if name.endswith("block.3.conv") else 1.0


def _pad(config: MimiConfig, samples: Tensor) -> Tensor:
    """[1, n] -> [1, 1, n padded with zeros on the right to whole frames]"""
    return nn.functional.pad(samples, (0, -samples.shape[1] % config.frame_size))[None]


def _latents(model: MimiModel, padded: Tensor) -> Tensor:
    """[1, 1, n] -> [1, hidden, frames]"""
    return model.downsample(model.encoder_transformer(model.encoder(padded).transpose(1, 2))[0].transpose(1, 2))


def _fill_codebooks(model: MimiModel, sample_count: int) -> None:
    config = model.config
    samples = speech_like(sample_count, config.sampling_rate, 2)
    parts = samples.split(500 * config.frame_size, dim=1)
    latents = torch.cat([_latents(model, _pad(config, part)) for part in parts], dim=2)
    for rvq in (model.quantizer.semantic_residual_vector_quantizer, model.quantizer.acoustic_residual_vector_quantizer):
        enliven(lambda: rvq.input_proj(latents), rvq.input_proj, lambda _: 1.0)
        residual = rvq.input_proj(latents)[0].t()
        for layer in rvq.layers:
            embed, residual = euclidean_book(residual, config.codebook_size)
            book = layer.codebook
            book.cluster_usage.uniform_(0.2, 50)
            book.cluster_usage[torch.randperm(config.codebook_size)[:UNUSED_CODES]] = 0
            book.embed_sum.copy_(embed * book.cluster_usage.clamp(min=book.epsilon)[:, None])
            book._embed = None


def _encode(model: MimiModel, samples: Tensor) -> Tensor:
    """[1, n] -> [1, codebooks, frames]"""
    return model.encode(_pad(model.config, samples)).audio_codes


def _reference(model: MimiModel, samples: Tensor, case: str) -> dict[str, Tensor]:
    for rvq in (model.quantizer.semantic_residual_vector_quantizer, model.quantizer.acoustic_residual_vector_quantizer):
        for layer in rvq.layers:
            layer.codebook._embed = None
    codes = _encode(model, samples)
    tensors = {"samples": wave(samples), "codes": codes[0].t().int()}
    for count in _counts(model):
        tensors[f"decoded.{count}"] = wave(model.decode(codes[:, :count]).audio_values[0, :, : samples.shape[1]])
    if case == "odd":
        tensors["latents"] = _latents(model, _pad(model.config, samples))[0].t()
    return tensors


def _counts(model: MimiModel) -> list[int]:
    count = model.config.num_quantizers
    return sorted({count, min(8, count // 2), 1}, reverse=True)

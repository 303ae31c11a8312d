"""EnCodec: `EncodecModel` of transformers, after facebookresearch/encodec."""

import torch
from torch import Tensor, nn
from transformers import EncodecConfig, EncodecModel

from codebooks import euclidean_book
from codec import Codec, wave
from hub_files import save_like_hub
from signals import speech_like_channels
from weights import enliven, randomize, round_to_half

COMMON = {"hidden_size": 128, "kernel_size": 7, "last_kernel_size": 7, "residual_kernel_size": 3}
TINY = {"hidden_size": 12, "num_filters": 3, "upsampling_ratios": [5, 4, 2], "codebook_size": 64, "kernel_size": 5,
        "last_kernel_size": 7, "residual_kernel_size": 3}
CONFIGS = {
    "encodec-24khz": {
        "full": COMMON,
        "tiny": TINY | {"num_residual_layers": 2, "target_bandwidths": [3.6, 7.2, 14.4]},
    },
    "encodec-48khz": {
        "full": COMMON | {
            "sampling_rate": 48_000, "audio_channels": 2, "use_causal_conv": False, "norm_type": "time_group_norm",
            "normalize": True, "chunk_length_s": 1.0, "overlap": 0.01, "target_bandwidths": [3.0, 6.0, 12.0, 24.0],
        },
        "tiny": TINY | {
            "sampling_rate": 48_000, "audio_channels": 2, "use_causal_conv": False, "norm_type": "time_group_norm",
            # Fewer channels, and one sample would be too few for group norm.
            "num_filters": 4, "normalize": True, "chunk_length_s": 0.01, "overlap": 0.05, "target_bandwidths": [7.2, 14.4, 28.8],
        },
    },
    "encodec-32khz": {
        "full": COMMON | {
            "sampling_rate": 32_000, "num_filters": 64, "upsampling_ratios": [8, 5, 4, 4], "codebook_size": 2048,
            "target_bandwidths": [2.2], "use_causal_conv": False, "use_conv_shortcut": False,
        },
        "tiny": TINY | {
            "sampling_rate": 32_000, "codebook_size": 128, "target_bandwidths": [16.8], "use_causal_conv": False,
            "use_conv_shortcut": False,
        },
    },
}


def build(name: str, size: str, half: bool) -> Codec:
    config = EncodecConfig(**CONFIGS[name][size])
    model = EncodecModel(config).eval()
    randomize(model)
    # [segments, channels, samples]: whole files for the codecs that know no segments.
    segments = _segments(config, speech_like_channels(4 * config.sampling_rate, config.sampling_rate, config.audio_channels, 1))
    enliven(lambda: model.encoder(segments), model.encoder, _target)
    _fill_codebooks(model, 60 * 75 * config.hop_length if size == "full" else 3000 * config.hop_length)
    codes = model.quantizer.encode(model.encoder(segments), config.target_bandwidths[-1])
    last = f"layers.{len(model.decoder.layers) - 1}.conv"
    enliven(lambda: model.decoder(model.quantizer.decode(codes)), model.decoder, lambda n: 0.1 if n == last else _target(n))
    if half:
        round_to_half(model)
    count = config.num_quantizers
    return Codec(
        model=model, rate_hz=config.sampling_rate, channels=config.audio_channels, hop_samples=config.hop_length,
        book_sizes=[config.codebook_size] * count, codebook_counts=tuple(_counts(model)),
        codes=_codes, reference=_reference_of_segments if config.chunk_length else _reference,
        save=lambda folder, as_half: save_like_hub(model, folder, as_half, {}),
        load=lambda folder: EncodecModel.from_pretrained(folder, dtype=torch.float32).eval(),
        facts=_facts(config),
    )


def _target(name: str) -> float:
    return 0.5 if name.endswith("block.3.conv") else 1.0


def _segments(config: EncodecConfig, samples: Tensor) -> Tensor:
    """[channels, n] -> [segments, channels, n], at unit loudness where the codec wants it; whole segments only."""
    if config.chunk_length is None:
        return samples[None]
    segments = samples.unfold(1, config.chunk_length, config.chunk_stride).transpose(0, 1)
    return segments / (segments.mean(1, keepdim=True).pow(2).mean(2, keepdim=True).sqrt() + 1e-8)


def _fill_codebooks(model: EncodecModel, sample_count: int) -> None:
    config = model.config
    samples = speech_like_channels(sample_count, config.sampling_rate, config.audio_channels, 2)
    segments = _segments(config, samples)
    parts = segments.split(8) if config.chunk_length else segments.split(10 * config.sampling_rate, dim=2)
    residual = torch.cat([model.encoder(part).transpose(1, 2).flatten(0, 1) for part in parts])
    for layer in model.quantizer.layers:
        book, residual = euclidean_book(residual, config.codebook_size)
        layer.codebook.embed.copy_(book)
        layer.codebook.cluster_size.uniform_(1, 50)
        layer.codebook.embed_avg.copy_(book * layer.codebook.cluster_size[:, None])


def _encode(model: EncodecModel, samples: Tensor) -> tuple[list[Tensor], list[Tensor | None]]:
    """The codes [codebooks, frames] and the scale of each segment; the last segment is as short as it is."""
    found = model.encode(samples[None], bandwidth=model.config.target_bandwidths[-1])
    codes = [segment[0] for segment in found.audio_codes]
    if found.last_frame_pad_length:
        codes[-1] = codes[-1][:, : -found.last_frame_pad_length]
    return codes, list(found.audio_scales)


def _codes(model: EncodecModel, samples: Tensor) -> list[Tensor]:
    return list(torch.cat(_encode(model, samples)[0], dim=1))


def _reference(model: EncodecModel, samples: Tensor, case: str) -> dict[str, Tensor]:
    (codes,), _ = _encode(model, samples)
    tensors = {"samples": wave(samples), "codes": codes.t().int()}
    for count in _counts(model):
        decoded = model.decode(codes[None, None, :count], [None]).audio_values
        tensors[f"decoded.{count}"] = wave(decoded[0, :, : samples.shape[1]])
    if case == "odd":
        tensors["latents"] = model.encoder(samples[None])[0].t()
    return tensors


def _reference_of_segments(model: EncodecModel, samples: Tensor, case: str) -> dict[str, Tensor]:
    codes, scales = _encode(model, samples)
    tensors = {"samples": wave(samples), "scales": torch.cat(scales)[:, 0]}
    for i, (segment, scale) in enumerate(zip(codes, scales)):
        tensors[f"segments.{i}.codes"] = segment.t().int()
        if case == "odd":
            tensors[f"segments.{i}.decoded"] = model._decode_frame(segment[None], scale)[0]
    pad = codes[0].shape[1] - codes[-1].shape[1]
    stacked = torch.stack([nn.functional.pad(s, (0, codes[0].shape[1] - s.shape[1])) for s in codes])[:, None]
    for count in _counts(model):
        decoded = model.decode(stacked[:, :, :count], scales, last_frame_pad_length=pad).audio_values
        tensors[f"decoded.{count}"] = wave(decoded[0, :, : samples.shape[1]])
    return tensors


def _counts(model: EncodecModel) -> list[int]:
    """All codebooks, a quarter of them, and 2 (or 1 where there are few)."""
    count = model.config.num_quantizers
    return sorted({count, max(1, count // 4), 2 if count > 2 else 1}, reverse=True)


def _facts(config: EncodecConfig) -> dict[str, object]:
    if config.chunk_length is None:
        return {}
    return {"segmentSamples": config.chunk_length, "segmentStrideSamples": config.chunk_stride}

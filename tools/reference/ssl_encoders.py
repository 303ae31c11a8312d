"""Self-supervised feature encoders with seeded random weights: transformers' own classes.

`wave` encoders see the samples themselves (HuBERT, wav2vec 2.0, WavLM, data2vec-audio); w2v-BERT 2.0 and Whisper see
log-mel frames.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import (
    Data2VecAudioConfig,
    Data2VecAudioModel,
    HubertConfig,
    HubertModel,
    SeamlessM4TFeatureExtractor,
    Wav2Vec2BertConfig,
    Wav2Vec2BertModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Model,
    WavLMConfig,
    WavLMModel,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

from signals import speech_like
from weights import enliven, randomize

RATE_HZ = 16_000

LARGE = {
    "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
    "do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True,
}
TINY = {
    "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 40, "conv_dim": [16] * 7,
    "num_conv_pos_embeddings": 10, "num_conv_pos_embedding_groups": 4,
}
TINY_LARGE = TINY | {"do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True}
TINY_BIAS = {"num_buckets": 12, "max_bucket_distance": 9}
TINY_BERT = {
    "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 40,
    "left_max_position_embeddings": 5, "right_max_position_embeddings": 2, "conv_depthwise_kernel_size": 7,
}
TINY_WHISPER = {
    "d_model": 24, "encoder_layers": 3, "encoder_attention_heads": 3, "encoder_ffn_dim": 40, "decoder_layers": 1,
    "decoder_attention_heads": 3, "decoder_ffn_dim": 8, "vocab_size": 16, "num_mel_bins": 80, "max_target_positions": 8,
    "max_source_positions": 50, "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0, "decoder_start_token_id": 0,
}
WHISPER_SMALL = {
    "d_model": 768, "encoder_layers": 12, "encoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_layers": 1,
    "decoder_attention_heads": 12, "decoder_ffn_dim": 64,
}


@dataclass(frozen=True)
class Kind:
    model_class: type
    config_class: type
    full: dict[str, object]
    tiny: dict[str, object]
    normalize: bool = True
    """`do_normalize` of the published preprocessor_config.json of that style."""
    as_pickle: bool = False
    """Whether the published weights are `pytorch_model.bin`."""
    old_names: bool = True
    """Whether weight norm has its names from before PyTorch 2.1."""


KINDS = {
    "hubert-base": Kind(HubertModel, HubertConfig, {}, TINY, as_pickle=True),
    "hubert-large": Kind(HubertModel, HubertConfig, LARGE, TINY_LARGE),
    "wav2vec2-base": Kind(Wav2Vec2Model, Wav2Vec2Config, {}, TINY, old_names=False),
    "wav2vec2-large": Kind(Wav2Vec2Model, Wav2Vec2Config, LARGE, TINY_LARGE),
    "wavlm-base": Kind(WavLMModel, WavLMConfig, {}, TINY | TINY_BIAS, normalize=False),
    "wavlm-large": Kind(WavLMModel, WavLMConfig, LARGE | {"conv_bias": False}, TINY_LARGE | TINY_BIAS | {"conv_bias": False}),
    "data2vec-base": Kind(Data2VecAudioModel, Data2VecAudioConfig, {}, {
        key: value for key, value in TINY.items() if key != "num_conv_pos_embeddings"
    } | {"num_conv_pos_embeddings": 2, "conv_pos_kernel_size": 5}),
    "w2v-bert": Kind(Wav2Vec2BertModel, Wav2Vec2BertConfig, {}, TINY_BERT),
    "whisper": Kind(WhisperForConditionalGeneration, WhisperConfig, WHISPER_SMALL, TINY_WHISPER),
}


@dataclass(frozen=True)
class Encoder:
    model: nn.Module
    extractor: object

    def features(self, samples: list[Tensor]) -> dict[str, Tensor]:
        """Clips [n] -> what the model takes, padded to the longest where there are several."""
        arrays = [clip.to(torch.float32).numpy() for clip in samples]
        batched = len(arrays) > 1
        wanted = {"return_attention_mask": True} if batched or not self.is_wave else {}
        found = self.extractor(arrays, sampling_rate=RATE_HZ, padding=self.padding, return_tensors="pt", **wanted)
        if self.is_whisper:
            return {"input_features": found["input_features"]}
        # A wave encoder with a group norm was trained without masks.
        return dict(found)

    @property
    def is_wave(self) -> bool:
        return isinstance(self.extractor, Wav2Vec2FeatureExtractor)

    @property
    def is_whisper(self) -> bool:
        return isinstance(self.extractor, WhisperFeatureExtractor)

    @property
    def padding(self) -> str | bool:
        return "max_length" if self.is_whisper else True

    def hidden_states(self, inputs: dict[str, Tensor]) -> list[Tensor]:
        """-> [batch, frames, width] of the input of the first layer and of what each layer gives."""
        encoder = self.model.model.encoder if self.is_whisper else self.model
        dtype = next(self.model.parameters()).dtype
        cast = {key: value.to(dtype) if value.is_floating_point() else value for key, value in inputs.items()}
        return list(encoder(**cast, output_hidden_states=True).hidden_states)

    def frame_count(self, sample_count: int) -> int:
        if self.is_whisper:
            return -(-sample_count // 320)
        if not self.is_wave:
            return ((sample_count - 400) // 160 + 1) // 2
        for kernel, stride in zip(self.model.config.conv_kernel, self.model.config.conv_stride):
            sample_count = (sample_count - kernel) // stride + 1
        return sample_count


def build(name: str, size: str) -> Encoder:
    kind = KINDS[name]
    # A masked_spec_embed and layer drop are of training only.
    config = kind.config_class(**(kind.full if size == "full" else kind.tiny), attn_implementation="eager")
    model = kind.model_class(config).eval()
    encoder = Encoder(model, _extractor(name, size, kind))
    root = model.model.encoder if encoder.is_whisper else model
    randomize(root)
    for module in root.modules():
        kind_name = type(module).__name__
        if kind_name == "WavLMAttention":
            _draw_wavlm_attention(module)
        if kind_name == "Wav2Vec2BertSelfAttention" and getattr(module, "distance_embedding", None) is not None:
            module.distance_embedding.weight.normal_(std=0.8)
        if kind_name == "Wav2Vec2BertSelfAttention" and hasattr(module, "pos_bias_u"):
            module.pos_bias_u.normal_()
    seconds = 4 if size == "full" else 1
    inputs = encoder.features([speech_like(seconds * RATE_HZ, RATE_HZ, 1)[0]])
    enliven(lambda: encoder.hidden_states(inputs), root, _target)
    return encoder


def load(name: str, size: str, folder) -> Encoder:
    """Reads a checkpoint back as its users do."""
    kind = KINDS[name]
    model = kind.model_class.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    return Encoder(model, _extractor(name, size, kind))


def _extractor(name: str, size: str, kind: Kind) -> object:
    if name == "whisper":
        # A tiny Whisper pads to one second, not to thirty.
        return WhisperFeatureExtractor(feature_size=80, chunk_length=1 if size == "tiny" else 30)
    if name == "w2v-bert":
        return SeamlessM4TFeatureExtractor(feature_size=80, num_mel_bins=80, stride=2)
    return Wav2Vec2FeatureExtractor(do_normalize=kind.normalize, return_attention_mask="large" in name)


def _draw_wavlm_attention(attention: nn.Module) -> None:
    """Its matrices are not called as modules, so `enliven` does not see them. Inputs are layer-normed."""
    for part, target in (("q_proj", 1.7), ("k_proj", 1.7), ("v_proj", 1.0), ("out_proj", 0.9)):
        layer = getattr(attention, part)
        layer.weight.mul_(target / (1.2 * layer.in_features**0.5))
    attention.gru_rel_pos_const.uniform_(0.5, 2)
    if hasattr(attention, "rel_attn_embed"):
        attention.rel_attn_embed.weight.normal_(std=1.5)


def _target(name: str) -> float:
    if name.endswith(("q_proj", "k_proj", "linear_q", "linear_k")):
        return 1.7
    if name.endswith(("out_proj", "output_dense", "linear_out", "fc2", "pointwise_conv2")):
        return 0.6
    return 1.0

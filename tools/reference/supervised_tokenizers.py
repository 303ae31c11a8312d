"""Supervised semantic tokenizers with seeded random weights: the code of their authors, from folders given.

GLM-4-Voice: `speech_tokenizer` of zai-org/GLM-4-Voice. S3Tokenizer: `s3tokenizer` of xingchensong/S3Tokenizer, whose
models are written as ONNX files with the names that CosyVoice's have.
"""

import importlib
import importlib.util
import json
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import WhisperFeatureExtractor

from signals import speech_like
from weights import enliven, randomize

RATE_HZ = 16_000

GLM_SIZES = {
    "full": {
        "d_model": 1280, "encoder_layers": 32, "encoder_attention_heads": 20, "encoder_ffn_dim": 5120,
        "max_source_positions": 1500, "quantize_vocab_size": 16_384, "pooling_position": 16, "quantize_position": 16,
        "quantize_causal_block_size": 200,
    },
    # Pieces of 0.8 seconds, ten units; blocks of three.
    "tiny": {
        "d_model": 24, "encoder_layers": 3, "encoder_attention_heads": 3, "encoder_ffn_dim": 40,
        "max_source_positions": 40, "quantize_vocab_size": 512, "pooling_position": 2, "quantize_position": 2,
        "quantize_causal_block_size": 12, "vocab_size": 16, "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0,
        "decoder_start_token_id": 0,
    },
}
S3_SIZES = {
    "full": {"n_audio_state": 1280, "n_audio_head": 20, "n_audio_layer": 6},
    "tiny": {"n_audio_state": 24, "n_audio_head": 3, "n_audio_layer": 1},
}
S3_NAMES = {"s3-v1-50hz": "speech_tokenizer_v1", "s3-v1-25hz": "speech_tokenizer_v1_25hz", "s3-v2-25hz": "speech_tokenizer_v2_25hz"}


class GlmVoice:
    """Frames of the mel spectrogram -> units, 1280 samples each."""

    def __init__(self, source: Path, size: str, attention: str = "eager"):
        sys.path.insert(0, str(source))
        configuration = importlib.import_module("speech_tokenizer.configuration_whisper")
        self.modeling = importlib.import_module("speech_tokenizer.modeling_whisper")
        self.config = configuration.WhisperVQConfig(
            num_mel_bins=128, pooling_kernel_size=4, pooling_type="avg", quantize_encoder_only=True, quantize_ema_decay=0.99,
            encoder_causal_convolution=True, skip_language_detection=True, attn_implementation=attention, **GLM_SIZES[size],
        )
        self.size = size
        self.extractor = WhisperFeatureExtractor(feature_size=128, chunk_length=30 if size == "full" else 1)
        self.chunk_samples = 320 * self.config.max_source_positions
        self.model = self.modeling.WhisperVQEncoder(self.config).eval()

    def build(self) -> None:
        model = self.model
        randomize(model)
        model.embed_positions.weight.copy_(self.modeling.sinusoids(*model.embed_positions.weight.shape))
        seconds = 4 if self.size == "full" else 0.8
        enliven(lambda: self.units(speech_like(int(seconds * RATE_HZ), RATE_HZ, 1)[0]), model, _glm_target)
        # Codes are what the quantizer is given for other speech, moved towards its mean.
        found: list[Tensor] = []
        handle = model.pooling_layer.register_forward_hook(lambda _m, _i, output: found.append(output[0].T))
        for seed in range(100, 103):
            self.units(speech_like(self.chunk_samples, RATE_HZ, seed)[0])
        handle.remove()
        model.codebook.weight.copy_(scattered(torch.cat(found), len(model.codebook.weight)))

    def units(self, samples: Tensor) -> Tensor:
        """The loop of `extract_speech_token` of the authors, which wants a GPU."""
        pieces = [piece.numpy() for piece in samples.split(self.chunk_samples)]
        stride = 2 * self.config.pooling_kernel_size * self.extractor.hop_length
        features = self.extractor(
            pieces, sampling_rate=RATE_HZ, return_attention_mask=True, return_tensors="pt", padding="longest",
            pad_to_multiple_of=stride,
        )
        dtype = next(self.model.parameters()).dtype
        found = self.model(features["input_features"].to(dtype), attention_mask=features["attention_mask"]).quantized_token_ids
        mask = features["attention_mask"][:, ::2][:, :: self.config.pooling_kernel_size].bool()
        return torch.cat([ids[kept] for ids, kept in zip(found, mask)])

    def save(self, folder: Path, half: bool) -> None:
        weights = {
            key: (tensor.half() if half else tensor).contiguous()
            for key, tensor in self.model.state_dict().items()
            if not key.startswith("ema_")
        }
        save_file(weights, folder / "model.safetensors", {"format": "pt"})
        config = self.config.to_dict() | {"architectures": ["WhisperVQEncoder"], "torch_dtype": "float16" if half else "float32"}
        (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
        self.extractor.save_pretrained(folder)

    def load(self, folder: Path) -> None:
        weights = {key: tensor.float() for key, tensor in load_file(folder / "model.safetensors").items()}
        missing, unknown = self.model.load_state_dict(weights, strict=False)
        assert not unknown and all(key.startswith("ema_") for key in missing)


class S3:
    """Log-mel frames of the authors' own function -> units."""

    def __init__(self, source: Path, name: str, size: str):
        self.package = _import_s3(source)
        self.name = S3_NAMES[name]
        self.size = size
        self.is_v2 = "v2" in self.name
        module = sys.modules["s3tokenizer.model_v2" if self.is_v2 else "s3tokenizer.model"]
        books = {} if self.is_v2 else {"n_codebook_size": 4096 if size == "full" else 48}
        # As many positions as windows of 30 seconds have frames, in files of the repository.
        positions = {"n_audio_ctx": 750} if size == "tiny" and not name.endswith("50hz") else {}
        config = module.ModelConfig(**S3_SIZES[size], **books, **positions)
        if self.is_v2 and size == "tiny":
            with _patched(module, precompute_freqs_cis=_narrow(module.precompute_freqs_cis, 8)):
                self.model = module.S3TokenizerV2(self.name, config).eval()
        else:
            self.model = (module.S3TokenizerV2 if self.is_v2 else module.S3Tokenizer)(self.name, config).eval()

    def build(self) -> None:
        randomize(self.model)
        clip = speech_like(4 * RATE_HZ, RATE_HZ, 1)[0]
        enliven(lambda: self.units(clip), self.model, _s3_target)
        if self.is_v2:
            return
        found = [self.hidden(speech_like(30 * RATE_HZ, RATE_HZ, seed)[0]) for seed in (100, 101)]
        directions = torch.nn.functional.normalize(torch.cat(found), dim=-1)
        book = self.model.quantizer._codebook.embed
        book.copy_(scattered(directions, len(book)))

    def mel(self, samples: Tensor) -> Tensor:
        return self.package.log_mel_spectrogram(samples)[None]

    def hidden(self, samples: Tensor) -> Tensor:
        mel = self.mel(samples)
        return self.model.encoder(mel, torch.tensor([mel.shape[-1]]))[0][0]

    def units(self, samples: Tensor) -> Tensor:
        mel = self.mel(samples)
        codes, lengths = self.model.quantize(mel, torch.tensor([mel.shape[-1]]))
        return codes[0, : int(lengths[0])].long()

    def save(self, folder: Path) -> None:
        """One clip in, as CosyVoice's files; those of version 1 give an axis more."""
        encoder, quantizer, is_v2 = self.model.encoder, self.model.quantizer, self.is_v2

        class Published(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.encoder = encoder
                self.quantizer = quantizer

            def forward(self, feats: Tensor, feats_length: Tensor) -> Tensor:
                hidden, _ = self.encoder(feats, feats_length)
                codes = self.quantizer.encode(hidden)
                return codes if is_v2 else codes[:, None]

        path = folder / f"speech_tokenizer_{'v2' if is_v2 else 'v1'}.onnx"
        module = sys.modules["s3tokenizer.model_v2" if is_v2 else "s3tokenizer.model"]
        patches = {"make_non_pad_mask": _traceable_mask}
        if is_v2:
            patches["apply_rotary_emb"] = _traceable_rotary(encoder.freqs_cis)
        feats = torch.randn(1, 128, 103)
        with _patched(module, **patches):
            torch.onnx.export(
                Published().eval(), (feats, torch.tensor([103], dtype=torch.int32)), str(path), dynamo=False, opset_version=17,
                input_names=["feats", "feats_length"], output_names=["indices"],
                dynamic_axes={"feats": {2: "frames"}, "indices": {1 if is_v2 else 2: "units"}},
            )


def scattered(frames: Tensor, count: int) -> Tensor:
    """`count` codes around frames, moved towards their mean; some way off where there are fewer frames than codes."""
    mean = frames.mean(0)
    chosen = frames[torch.randperm(len(frames)).repeat(-(-count // len(frames)))[:count]]
    spread = 0.5 * frames.std(0) * torch.randn(count, frames.shape[1]) if count > len(frames) else 0
    return mean + 0.9 * (chosen + spread - mean)


def _glm_target(name: str) -> float:
    if name.endswith(("q_proj", "k_proj")):
        return 1.7
    return 0.6 if name.endswith(("out_proj", "fc2")) else 1.0


def _s3_target(name: str) -> float:
    if name.endswith((".query", ".key")):
        return 1.7
    return 0.6 if name.endswith((".out", "mlp.2", "fsmn_block")) else 1.0


def _import_s3(source: Path):
    sys.path.insert(0, str(source))
    # Imported for reading audio files and for progress bars of downloads only.
    for name, attribute in (("torchaudio", "load"), ("tqdm", "tqdm")):
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            stub = types.ModuleType(name)
            setattr(stub, attribute, None)
            sys.modules[name] = stub
    return importlib.import_module("s3tokenizer")


def _narrow(precompute, width: int):
    return lambda _width, *rest: precompute(width, *rest)


@contextmanager
def _patched(module, **replacements) -> Iterator[None]:
    kept = {name: getattr(module, name) for name in replacements}
    for name, value in replacements.items():
        setattr(module, name, value)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(module, name, value)


def _traceable_mask(lengths: Tensor, max_len=0) -> Tensor:
    """`make_non_pad_mask` for one clip, without a length that tracing would write down as a constant."""
    positions = torch.arange(0, lengths.max() if isinstance(max_len, int) and max_len == 0 else max_len)
    return positions[None] < lengths[:, None]


def _traceable_rotary(table: Tensor):
    """`apply_rotary_emb` without complex numbers, which ONNX does not have."""
    cosines, sines = table.real.clone(), table.imag.clone()

    def rotated(x: Tensor) -> Tensor:
        count = x.shape[1]
        half = x.shape[-1] // 2
        turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
        return x * cosines[:count][None, :, None] + turned * sines[:count][None, :, None]

    return lambda queries, keys, freqs_cis: (rotated(queries), rotated(keys))

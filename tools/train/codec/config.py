"""Configuration of the codec: everything a runtime must know to rebuild the graph."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from source_filter import ExcitationConfig, SourceFilterConfig


@dataclass
class EncoderConfig:
    """Analysis side. Window and hop are samples; blocks run at 100 Hz, then at 50 Hz."""

    window_samples: int = 640
    hop_samples: int = 160
    power_epsilon: float = 1e-5
    log_offset: float = 3.5
    log_scale: float = 0.4
    compression_exponent: float = 0.35
    channels_100hz: int = 192
    blocks_100hz: int = 2
    channels_50hz: int = 256
    blocks_50hz: int = 3
    expansion: int = 3
    kernel_frames: int = 7


@dataclass
class DecoderConfig:
    """Synthesis side. Window and hop are samples; blocks run at 50 Hz, then at 100 Hz.

    The output lies `lookahead_frames` frames behind the codes: what the source needs to know of the pitch beforehand.
    """

    window_samples: int = 480
    hop_samples: int = 160
    channels_50hz: int = 320
    blocks_50hz: int = 3
    channels_100hz: int = 256
    blocks_100hz: int = 3
    expansion: int = 3
    kernel_frames: int = 7
    input_kernel_frames: int = 3
    lookahead_frames: int = 1
    log_magnitude_cap: float = 4.0
    excitation: ExcitationConfig = field(default_factory=ExcitationConfig)


@dataclass
class CodecConfig:
    """The whole `config.json` of an exported codec."""

    model_type: str = "speech-tokens-codec"
    format_version: int = 2
    sample_rate_hz: int = 16000
    hop_samples: int = 320
    lookahead_samples: int = 320
    codebook_count: int = 8
    codebook_size: int = 1024
    latent_dim: int = 32
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    decoder: DecoderConfig = field(default_factory=DecoderConfig)

    @property
    def source_filter(self) -> SourceFilterConfig:
        d = self.decoder
        return SourceFilterConfig(self.sample_rate_hz, d.window_samples, d.hop_samples, d.log_magnitude_cap, d.excitation)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @staticmethod
    def from_dict(data: dict) -> "CodecConfig":
        data = dict(data)
        encoder = EncoderConfig(**data.pop("encoder", {}))
        decoder = dict(data.pop("decoder", {}))
        decoder["excitation"] = ExcitationConfig(**decoder.get("excitation", {}))
        decoder = DecoderConfig(**decoder)
        known = {f.name for f in fields(CodecConfig)}
        unknown = set(data) - known
        if unknown:
            raise ValueError(f"unknown configuration keys: {sorted(unknown)}")
        return CodecConfig(**data, encoder=encoder, decoder=decoder)

    @staticmethod
    def load(path: Path | str) -> "CodecConfig":
        return CodecConfig.from_dict(json.loads(Path(path).read_text()))

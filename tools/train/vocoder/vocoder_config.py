"""Configuration of the unit vocoder: everything a runtime must know to rebuild the graph."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from source_filter import ExcitationConfig, SourceFilterConfig


@dataclass
class BlocksConfig:
    """A stack of ConvNeXt blocks. Each sees `lookahead_frames` frames to come, at its own rate."""

    channels: int
    blocks: int
    expansion: int = 3
    kernel_frames: int = 7
    lookahead_frames: int = 3


@dataclass
class VocoderConfig:
    """The whole `config.json` of an exported vocoder."""

    model_type: str = "speech-tokens-unit-vocoder"
    format_version: int = 1
    sample_rate_hz: int = 16000
    hop_samples: int = 320
    unit_counts: list[int] = field(default_factory=lambda: [100, 200, 500])
    unit_spaces: list[str] = field(default_factory=list)  # ids of token spaces, one for each count
    unit_window_samples: int = 560
    voices: list[str] = field(default_factory=list)
    window_samples: int = 480  # of the inverse transform; its hop is half of hop_samples
    log_magnitude_cap: float = 4.0
    slow: BlocksConfig = field(default_factory=lambda: BlocksConfig(channels=320, blocks=6))
    fast: BlocksConfig = field(default_factory=lambda: BlocksConfig(channels=256, blocks=2))
    excitation: ExcitationConfig = field(default_factory=ExcitationConfig)

    @property
    def spectrum_hop_samples(self) -> int:
        return self.hop_samples // 2

    @property
    def source_filter(self) -> SourceFilterConfig:
        return SourceFilterConfig(
            self.sample_rate_hz, self.window_samples, self.spectrum_hop_samples, self.log_magnitude_cap, self.excitation,
        )

    @property
    def delay_frames(self) -> int:
        """Frames that the output lies behind the units, at the rate of the units."""
        slow, fast = (stack.blocks * stack.lookahead_frames for stack in (self.slow, self.fast))
        if fast % 2:
            raise ValueError("the fast blocks look ahead by a fraction of a frame of units")
        return slow + fast // 2

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @staticmethod
    def from_dict(data: dict) -> "VocoderConfig":
        data = dict(data)
        for name in ("slow", "fast"):
            if name in data:
                data[name] = BlocksConfig(**data[name])
        if "excitation" in data:
            data["excitation"] = ExcitationConfig(**data["excitation"])
        unknown = set(data) - {f.name for f in fields(VocoderConfig)}
        if unknown:
            raise ValueError(f"unknown configuration keys: {sorted(unknown)}")
        return VocoderConfig(**data)

    @staticmethod
    def load(path: Path | str) -> "VocoderConfig":
        return VocoderConfig.from_dict(json.loads(Path(path).read_text()))

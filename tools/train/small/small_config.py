"""The exported configuration: a CSM of transformers, and what its columns are."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Sizes:
    width: int
    layers: int
    heads: int
    feed_forward: int


@dataclass
class SmallConfig:
    """One column of units and `codebook_count` of codes, for every 20 ms.

    Ids of all columns come before `initial_id`, which stands where a column has not begun. After the last unit stands
    `end_id`. Codes of a frame stand `delay_steps` steps after its unit.
    """

    codebook_count: int = 4
    unit_count: int = 100
    code_count: int = 1024
    delay_steps: int = 3
    context_steps: int = 640
    backbone: Sizes = field(default_factory=lambda: Sizes(256, 6, 4, 704))
    depth: Sizes = field(default_factory=lambda: Sizes(192, 3, 3, 512))
    unit_space: str = ""
    codec_space: str = ""

    @property
    def initial_id(self) -> int:
        return max(self.unit_count, self.code_count)

    @property
    def end_id(self) -> int:
        return self.initial_id + 1

    @staticmethod
    def load(path: Path) -> "SmallConfig":
        """A JSON file with some of these fields."""
        return SmallConfig.of(json.loads(path.read_text()))

    @staticmethod
    def of(given: dict) -> "SmallConfig":
        for name in ("backbone", "depth"):
            if name in given:
                given = given | {name: Sizes(**given[name])}
        return SmallConfig(**given)

    def exported(self) -> dict:
        """config.json: the fields of transformers' CsmConfig, and `speech_tokens` for what is not in it."""
        vocabulary = self.end_id + 1

        def decoder(sizes: Sizes, positions: int) -> dict:
            return {
                "hidden_size": sizes.width, "num_hidden_layers": sizes.layers, "num_attention_heads": sizes.heads,
                "num_key_value_heads": sizes.heads, "head_dim": sizes.width // sizes.heads, "intermediate_size": sizes.feed_forward,
                "max_position_embeddings": positions, "rms_norm_eps": 1e-5, "hidden_act": "silu", "attention_bias": False,
                "mlp_bias": False, "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
                "num_codebooks": self.codebook_count + 1, "vocab_size": vocabulary,
            }

        columns = self.codebook_count + 1
        return {
            "model_type": "csm", "architectures": ["CsmForConditionalGeneration"],
            **decoder(self.backbone, self.context_steps), "text_vocab_size": 1, "tie_codebooks_embeddings": True,
            "depth_decoder_config": {
                "model_type": "csm_depth_decoder_model", **decoder(self.depth, columns + 1), "backbone_hidden_size": self.backbone.width,
            },
            "speech_tokens": {
                "unit_space": self.unit_space, "codec_space": self.codec_space, "unit_count": self.unit_count,
                "code_count": self.code_count, "delay_steps": self.delay_steps, "initial_id": self.initial_id, "end_id": self.end_id,
            },
        }

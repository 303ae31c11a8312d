"""The network: transformers' CSM in a small size, with dropout for training."""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import CsmConfig, CsmForConditionalGeneration

from small_config import SmallConfig

# transformers wants one; the speech here has a codec of its own.
NO_CODEC = {"model_type": "mimi", "num_hidden_layers": 1, "hidden_size": 8, "upsampling_ratios": [2], "num_filters": 4, "codebook_dim": 4,
            "codebook_size": 4, "vector_quantization_hidden_dimension": 4, "upsample_groups": 4, "intermediate_size": 8,
            "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 8, "num_quantizers": 2, "num_semantic_quantizers": 1}


class SmallModel(nn.Module):
    """A backbone over steps, which says the unit, and a depth decoder over the codes of a step."""

    def __init__(self, config: SmallConfig, dropout: float = 0.0):
        super().__init__()
        fields = {name: value for name, value in config.exported().items() if name not in ("speech_tokens", "architectures", "model_type")}
        csm = CsmForConditionalGeneration(CsmConfig(**fields, codec_config=NO_CODEC, audio_token_id=0, audio_eos_token_id=0,
                                                    pad_token_id=0, codebook_pad_token_id=0, attn_implementation="sdpa"))
        self.config, self.dropout = config, dropout
        self.backbone, self.head = csm.backbone_model, csm.lm_head
        self.depth, self.code_heads = csm.depth_decoder.model, csm.depth_decoder.codebooks_head
        self.table = self.backbone.embed_tokens.embed_audio_tokens
        self.depth.embed_tokens = self.table  # one table for both
        self.vocabulary = config.end_id + 1
        for layer in [*self.backbone.layers, *self.depth.layers]:
            layer.mlp.register_forward_hook(lambda _module, _inputs, output: self.drop(output))
            layer.self_attn.o_proj.register_forward_hook(lambda _module, _inputs, output: self.drop(output))

    def drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)

    def hidden(self, inputs: Tensor, hidden_inputs: float = 0.0) -> Tensor:
        """[B, S, columns] -> [B, S, width]. In training, a share of the codes that are read is not seen."""
        columns = torch.arange(inputs.shape[-1])
        values = self.table(inputs + columns * self.vocabulary)
        if self.training and hidden_inputs > 0:
            seen = torch.rand(inputs.shape) >= hidden_inputs
            values = values * seen[..., None]
        return self.backbone(inputs_embeds=self.drop(values.sum(2)), use_cache=False).last_hidden_state

    def unit_logits(self, hidden: Tensor) -> Tensor:
        return self.head(hidden)

    def code_logits(self, hidden: Tensor, said: Tensor) -> Tensor:
        """hidden [N, width], said [N, columns] without -1 -> [N, columns - 1, vocabulary]: each code from all before it."""
        columns = torch.arange(said.shape[1] - 1)
        before = self.table(said[:, :-1] + columns * self.vocabulary)
        inner = self.depth(inputs_embeds=torch.cat([hidden[:, None], before], 1), use_cache=False).last_hidden_state[:, 1:]
        return torch.einsum("nkd,kdv->nkv", inner, self.code_heads.weight.to(inner.dtype))

    def export_state(self) -> dict[str, Tensor]:
        """Weights by the names that CsmForConditionalGeneration has for them; the table that it ties is there once, as it saves it."""
        names = {"backbone.": "backbone_model.", "head.": "lm_head.", "depth.": "depth_decoder.model.",
                 "code_heads.": "depth_decoder.codebooks_head."}
        state = {"embed_text_tokens.weight": torch.zeros(1, self.table.embedding_dim)}  # it reads no text
        for name, value in self.state_dict().items():
            prefix = next((old for old in names if name.startswith(old)), None)
            if prefix is not None and not name.startswith("backbone.embed_tokens"):
                state[names[prefix] + name.removeprefix(prefix)] = value
        return state


@torch.no_grad()
def load_weights(model: SmallModel, folder: Path) -> None:
    """The weights of an export, F16, into a model of its sizes."""
    state = {name: value.float() for name, value in load_file(folder / "model.safetensors").items()}
    for name, value in model.export_state().items():
        value.copy_(state.pop(name))
    if state:
        raise ValueError(f"weights without a place: {sorted(state)}")

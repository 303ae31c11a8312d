"""Write language models with seeded random weights, as the hub holds them, and what PyTorch computes with them.

    make_language_models.py --size tiny --out packages/slm-runtime/test/golden [NAME …]
    make_language_models.py --size full --out DIR [NAME …]

Beside each checkpoint, `reference.safetensors`: the ids of a prompt, its logits, and the ids that greedy choice goes on
with. A tiny model whose two best logits come closer than a thousandth at some step, or that repeats a few ids, is drawn
again: a golden sequence must not hang on the last bit, nor be a loop.
"""

import argparse
import hashlib
import itertools
import json
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CsmConfig, CsmForConditionalGeneration, PreTrainedModel
from transformers.models.auto.configuration_auto import AutoConfig
from transformers.models.auto.modeling_auto import AutoModelForCausalLM
from transformers.utils import logging

PROMPT, STEPS = 20, 200
MARGIN = 1e-3
IDS = 15  # different ones that a golden sequence has at least, in each codebook

FLAT = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 80,
        "vocab_size": 130, "max_position_embeddings": 512, "bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
LLAMA3_ROPE = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 64}
CONFIGS: dict[str, dict[str, tuple[str, dict[str, object]]]] = {
    "tiny": {
        "llama": ("llama", {**FLAT, "rope_parameters": LLAMA3_ROPE}),
        "qwen2": ("qwen2", {**FLAT, "tie_word_embeddings": True, "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}),
        "qwen3": ("qwen3", {**FLAT, "head_dim": 32, "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}),
        "mistral": ("mistral", {**FLAT, "sliding_window": 24}),
        "glm4": ("glm4", {**FLAT, "head_dim": 32, "attention_bias": True}),
        "csm": ("csm", {}),
    },
    "full": {
        "qwen2-0.5b": ("qwen2", {
            "hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2,
            "intermediate_size": 4864, "vocab_size": 151936, "max_position_embeddings": 32768, "tie_word_embeddings": True,
            "bos_token_id": None, "eos_token_id": None, "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}),
        "csm": ("csm", {}),
    },
}
HALF = {"llama": torch.bfloat16, "mistral": torch.float16, "csm": torch.bfloat16}
"""In which type a checkpoint is stored, where not in 32 bits."""


def csm_config(size: str) -> CsmConfig:
    codec = {"model_type": "mimi", "num_hidden_layers": 1, "hidden_size": 16, "upsampling_ratios": [2, 2], "num_filters": 8, "codebook_dim": 4,
             "codebook_size": 8, "vector_quantization_hidden_dimension": 4, "upsample_groups": 16, "intermediate_size": 8,
             "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8, "num_quantizers": 4}
    if size == "full":
        return CsmConfig(codec_config=codec, rope_parameters={"rope_type": "llama3", "rope_theta": 500000, "factor": 32.0,
                         "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192})
    inner = {k: FLAT[k] for k in ("hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "intermediate_size")}
    depth = {**inner, "hidden_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "num_codebooks": 4,
             "vocab_size": 43, "backbone_hidden_size": 64, "rope_parameters": LLAMA3_ROPE}
    return CsmConfig(**inner, num_codebooks=4, vocab_size=43, text_vocab_size=90, max_position_embeddings=512,
                     codebook_pad_token_id=42, pad_token_id=88, bos_token_id=80, audio_token_id=88, audio_eos_token_id=89,
                     rope_parameters=LLAMA3_ROPE, depth_decoder_config=depth, codec_config=codec)


def build(kind: str, settings: dict[str, object], size: str) -> PreTrainedModel:
    if kind == "csm":
        return CsmForConditionalGeneration(csm_config(size)).eval()
    return AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **settings)).eval()


@torch.no_grad()
def randomize(model: nn.Module) -> None:
    """Weights that keep the variance, embeddings of unit variance; heads that tell ids apart; norms and biases unequal."""
    tied = model.config.tie_word_embeddings
    for name, tensor in model.named_parameters():
        if name.startswith("codec_model."):
            continue
        if tensor.ndim < 2:
            tensor.copy_((0 if name.endswith("bias") else 1) + 0.2 * torch.randn_like(tensor))
        elif "embed" in name and "projector" not in name:
            # Where the head is the same matrix, what went in must not win just by standing in the residual.
            tensor.copy_((0.2 if tied else 1) * torch.randn_like(tensor))
        else:
            inputs = tensor.shape[1]  # of torch.nn.Linear [out, in], and of CSM's heads [codebooks, in, out]
            head = name.endswith(("lm_head.weight", "codebooks_head.weight"))
            tensor.copy_((3 if head else 1) * torch.randn_like(tensor) / inputs**0.5)


def flat_reference(model: PreTrainedModel, prompt: Tensor, steps: int) -> tuple[dict[str, Tensor], float]:
    """Logits [prompt, ids] and the ids of a greedy continuation, with the least distance of the two best logits."""
    found = model(input_ids=prompt[None], use_cache=True)
    logits, cache, ids, least = found.logits[0], found.past_key_values, [], float("inf")
    last = logits[-1]
    for _ in range(steps):
        best = last.topk(2).values
        least = min(least, float(best[0] - best[1]))
        ids.append(int(last.argmax()))
        found = model(input_ids=torch.tensor([[ids[-1]]]), past_key_values=cache, use_cache=True)
        last = found.logits[0, -1]
    return {"prompt": prompt.int(), "logits": logits.contiguous(), "ids": torch.tensor(ids).int(), "last": last.contiguous()}, least


def csm_reference(model: PreTrainedModel, steps: int) -> tuple[dict[str, Tensor], float]:
    """A prompt of text and frames as rows [rows, codebooks + 1], -1 where a row has none, and greedy frames.

    The loop is that of `generation_csm.py`, with the margin looked at in both decoders.
    """
    config = model.config
    count = config.num_codebooks
    text = torch.randint(config.text_vocab_size, (8,))
    frames = torch.randint(config.vocab_size - 3, (12, count))
    rows = torch.full((len(text) + len(frames), count + 1), -1)
    rows[:5, -1], rows[17:, -1] = text[:5], text[5:]
    rows[5:17, :-1] = frames
    embedded = torch.cat([model.embed_text_tokens(text[:5]), model.backbone_model.embed_tokens(frames[None])[0],
                          model.embed_text_tokens(text[5:])])
    found = model.backbone_model(inputs_embeds=embedded[None], use_cache=True)
    cache, made, least = found.past_key_values, [], float("inf")
    first = None
    for _ in range(steps):
        hidden = found.last_hidden_state[:, -1]
        logits = model.lm_head(hidden)[0]
        first = logits if first is None else first
        ids, margins = [int(logits.argmax())], [logits.topk(2).values]
        depth = model.depth_decoder(input_ids=torch.tensor([[0, ids[0]]]), backbone_last_hidden_state=hidden.clone(), use_cache=True,
                                    logits_to_keep=1)
        for place in range(1, count):
            scores = depth.logits[0, -1]
            margins.append(scores.topk(2).values)
            ids.append(int(scores.argmax()))
            if place < count - 1:
                depth = model.depth_decoder(input_ids=torch.tensor([[ids[-1]]]), past_key_values=depth.past_key_values, use_cache=True,
                                            logits_to_keep=1)
        least = min(least, *(float(m[0] - m[1]) for m in margins))
        made.append(ids)
        found = model.backbone_model(inputs_embeds=model.backbone_model.embed_tokens(torch.tensor([[ids]])), past_key_values=cache,
                                     use_cache=True)
    return {"prompt": rows.int(), "logits": first.contiguous(), "frames": torch.tensor(made).int()}, least


@torch.no_grad()
def make(name: str, size: str, out: Path) -> None:
    kind, settings = CONFIGS[size][name]
    steps = STEPS
    for attempt in itertools.count():
        torch.manual_seed(int.from_bytes(hashlib.sha256(f"{name} {attempt}".encode()).digest()[:4]))
        model = build(kind, settings, size)
        randomize(model)
        stored = HALF.get(kind, torch.float32)
        for tensor in model.parameters():  # and no buffer: frequencies of positions stay exact
            tensor.copy_(tensor.to(stored))
        found, least = csm_reference(model, steps) if kind == "csm" else flat_reference(
            model, torch.randint(model.config.vocab_size, (PROMPT,)), steps)
        columns = [found["ids"]] if "ids" in found else list(found["frames"].T)
        used = [len(column.unique()) for column in columns]
        if size == "full" or (least > MARGIN and min(used) >= IDS):
            break
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    model.to(stored).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    about = {"name": name, "size": size, "attempt": attempt, "leastMargin": least, "idsUsed": used,
             "torch": version("torch"), "transformers": version("transformers")}
    save_file(found, folder / "reference.safetensors", {"reference": json.dumps(about)})
    for file in folder.iterdir():
        file.chmod(0o644)
    print(f"{name}: {about}, {sum(f.stat().st_size for f in folder.iterdir())} bytes", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--size", choices=sorted(CONFIGS), required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    logging.set_verbosity_error()
    for name in args.names or CONFIGS[args.size]:
        make(name, args.size, args.out)


if __name__ == "__main__":
    main()

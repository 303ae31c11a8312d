"""Write a tiny Moshi with seeded random weights, in the names of the published files, and what the authors' code says.

    make_moshi.py --moshi-source CLONE/moshi --out packages/slm-runtime/test/golden

CLONE is a clone of https://github.com/kyutai-labs/moshi. Beside the checkpoint, `reference.safetensors`: the codes that a
user says, and for each step of `LMGen` with greedy choice the row that goes in and the ids that come out.
"""

import argparse
import itertools
import json
import sys
import types
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from make_language_models import IDS, MARGIN

STEPS = 200
CONFIG = {
    "dim": 64, "text_card": 90, "existing_text_padding_id": 3, "n_q": 8, "dep_q": 4, "card": 43, "num_heads": 4, "num_layers": 2,
    "hidden_scale": 4.125, "causal": True, "layer_scale": None, "context": 24, "max_period": 10000, "gating": "silu",
    "norm": "rms_norm_f32", "positional_embedding": "rope", "depformer_dim": 32, "depformer_dim_feedforward": 132,
    "depformer_num_heads": 2, "depformer_num_layers": 2, "depformer_layer_scale": None, "depformer_multi_linear": True,
    "depformer_context": 4, "depformer_max_period": 10000, "depformer_gating": "silu", "depformer_pos_emb": "none",
    "depformer_weights_per_step": True, "delays": [0, 0, 1, 1, 1, 0, 1, 1, 1],
}


def published_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The matrices of a multi-linear layer lie in one, as in the files of the hub."""
    joined: dict[str, list[Tensor]] = {}
    for name, tensor in state.items():
        name = name.replace(".in_projs.", ".in_proj_weight|").replace(".out_projs.", ".out_proj.weight|").split("|")[0]
        joined.setdefault(name, []).append(tensor)
    return {name: torch.cat(parts).contiguous() for name, parts in joined.items()}


@torch.no_grad()
def randomize(model: torch.nn.Module) -> None:
    for name, tensor in model.named_parameters():
        if name.endswith("alpha"):
            tensor.copy_(1 + 0.2 * torch.randn_like(tensor))
        elif "emb" in name:
            tensor.copy_(torch.randn_like(tensor) / (3 if name.startswith("emb") else 1))
        else:
            head = name.startswith(("linears", "text_linear"))
            tensor.copy_((3 if head else 1) * torch.randn_like(tensor) / tensor.shape[1] ** 0.5)
        tensor.copy_(tensor.bfloat16())


@torch.no_grad()
def run(model, generator_class, user: Tensor) -> tuple[dict[str, Tensor], float]:
    rows, found, least = [], [], [float("inf")]

    def watched(name: str, inside):
        def call(*args, **kwargs):
            result = inside(*args, **kwargs)
            logits = result[1] if name == "text" else result
            if name == "text":
                rows.append(args[0][0, :, 0].clone())
            best = logits.flatten().topk(2).values
            least[0] = min(least[0], float(best[0] - best[1]))
            return result
        return call

    model.forward_text = watched("text", model.forward_text)
    model.forward_depformer = watched("depth", model.forward_depformer)
    ids: list[Tensor] = []
    generator = generator_class(model, use_sampling=False, on_text_hook=lambda text: found.append([text.clone()]),
                                on_audio_hook=lambda audio: found[-1].append(audio[0].clone()))
    with generator.streaming(1):
        for step in range(user.shape[1]):
            out = generator.step(user[None, :, step : step + 1])
            if out is not None:
                ids.append(out[0, :, 0])
    chosen = torch.stack([torch.cat([text, audio]) for text, audio in found])
    return {"user": user.int(), "rows": torch.stack(rows).int(), "chosen": chosen.int(), "frames": torch.stack(ids).int()}, least[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moshi-source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    sys.path.insert(0, str(args.moshi_source))
    sys.modules.setdefault("sphn", types.ModuleType("sphn"))  # reads sound files, which nothing here does
    from moshi.models.lm import LMGen, LMModel

    for attempt in itertools.count():
        torch.manual_seed(attempt)
        model = LMModel(**CONFIG).eval()
        randomize(model)
        user = torch.randint(CONFIG["card"], (CONFIG["n_q"] - CONFIG["dep_q"], STEPS))
        found, least = run(model, LMGen, user)
        used = [len(column.unique()) for column in found["chosen"].T]
        if least > MARGIN and min(used) >= IDS:
            break
    folder = args.out / "moshi"
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.bfloat16() for name, tensor in published_names(model.state_dict()).items()}
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    about = {"attempt": attempt, "leastMargin": least, "idsUsed": used}
    save_file({k: v.contiguous() for k, v in found.items()}, folder / "reference.safetensors", {"reference": json.dumps(about)})
    print(about, sum(f.stat().st_size for f in folder.iterdir()), "bytes")


if __name__ == "__main__":
    main()

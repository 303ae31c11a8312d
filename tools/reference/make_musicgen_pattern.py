"""MusicGen's delay pattern as transformers builds and applies it, for a scripted model.

    make_musicgen_pattern.py --out packages/slm-runtime/test/golden/musicgen
"""

import argparse
import json
import pathlib

import torch
from transformers import MusicgenForCausalLM
from transformers.models.musicgen.configuration_musicgen import MusicgenDecoderConfig

CODEBOOKS, SIZE = 4, 2048


def choice(step, codebook):
    """What the scripted model chooses for a step: any ids will do, as long as they differ."""
    return (977 * step + 31 * codebook + 5) % SIZE


def case(model, prompt_frames, frames):
    """All ids of a sequence of so many frames after a prompt, step by step as `generate` does it."""
    prompt = torch.tensor([[(100 * k + 7 * f) % SIZE for f in range(prompt_frames)] for k in range(CODEBOOKS)])
    start = torch.full((CODEBOOKS, 1), SIZE)
    ids, mask = model.build_delay_pattern_mask(
        torch.cat([start, prompt], dim=1).long(), pad_token_id=SIZE, max_length=1 + prompt_frames + frames + CODEBOOKS - 1
    )
    read = []
    while ids.shape[1] < mask.shape[1]:
        ids = model.apply_delay_pattern_mask(ids, mask)
        read.append(ids.shape[1])
        chosen = torch.tensor([[choice(ids.shape[1], k)] for k in range(CODEBOOKS)])
        ids = torch.cat([ids, chosen], dim=1)
    ids = model.apply_delay_pattern_mask(ids, mask)
    output = ids[ids != SIZE].reshape(CODEBOOKS, -1)
    return {
        "prompt": prompt.tolist(),
        "frameCount": frames,
        "mask": mask.tolist(),
        "stepsBeforeFirstChoice": read[0],
        "ids": ids.tolist(),
        "output": output[:, prompt_frames:].tolist(),
    }


parser = argparse.ArgumentParser()
parser.add_argument("--out", type=pathlib.Path, required=True)
args = parser.parse_args()
config = MusicgenDecoderConfig(
    vocab_size=SIZE, num_codebooks=CODEBOOKS, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, ffn_dim=16
)
model = MusicgenForCausalLM(config)
# For fewer than three frames transformers leaves the pattern away.
cases = [case(model, 0, 3), case(model, 0, 6), case(model, 2, 5), case(model, 5, 3)]
args.out.mkdir(parents=True, exist_ok=True)
(args.out / "pattern.json").write_text(json.dumps(cases) + "\n")

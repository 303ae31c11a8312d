"""Time one step of a language model in PyTorch, float32, greedy, one id (CSM: one frame) after the other.

    time_language_model.py FOLDER --threads 2 --steps 40 --context 64

Prints one line of JSON.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, CsmForConditionalGeneration


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--context", type=int, default=64)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    kind = json.loads((args.folder / "config.json").read_text())["model_type"]
    if kind == "csm":
        model = CsmForConditionalGeneration.from_pretrained(args.folder, dtype=torch.float32).eval()
        count = model.config.num_codebooks
        found = model.backbone_model(input_ids=torch.ones(1, args.context, count, dtype=torch.long), use_cache=True)

        def step() -> None:
            nonlocal found
            hidden = found.last_hidden_state[:, -1]
            ids = [int(model.lm_head(hidden)[0].argmax())]
            depth = model.depth_decoder(input_ids=torch.tensor([[0, ids[0]]]), backbone_last_hidden_state=hidden.clone(),
                                        use_cache=True, logits_to_keep=1)
            for place in range(1, count):
                ids.append(int(depth.logits[0, -1].argmax()))
                if place < count - 1:
                    depth = model.depth_decoder(input_ids=torch.tensor([[ids[-1]]]), past_key_values=depth.past_key_values,
                                                use_cache=True, logits_to_keep=1)
            found = model.backbone_model(input_ids=torch.tensor([[ids]]), past_key_values=found.past_key_values, use_cache=True)
    else:
        model = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32).eval()
        found = model(input_ids=torch.ones(1, args.context, dtype=torch.long), use_cache=True)

        def step() -> None:
            nonlocal found
            best = found.logits[0, -1].argmax().view(1, 1)
            found = model(input_ids=best, past_key_values=found.past_key_values, use_cache=True)

    times = []
    for _ in range(args.steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    times.sort()
    print(json.dumps({"medianMs": 1000 * times[len(times) // 2], "leastMs": 1000 * times[0]}))


if __name__ == "__main__":
    main()

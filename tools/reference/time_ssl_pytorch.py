"""Time PyTorch making units with a self-supervised encoder, one run for each line of standard input.

    time_ssl_pytorch.py FOLDER SAMPLES.f32 --layer 6 --threads 1

A line says how much of the model to run: `all`, every layer, as `output_hidden_states=True` of transformers does; `cut`,
only the layers up to the one that is wanted. The answer is a line with the seconds it took. The first line of output says
that the model is ready.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import AutoModel
from transformers.utils import logging


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("--layer", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # With the attention that transformers chooses by itself, which is the fastest that it has.
    model = AutoModel.from_pretrained(args.folder, dtype=torch.float32).eval()
    centroids = torch.from_numpy(np.load(args.folder / f"centroids-l{args.layer}.npy"))
    samples = torch.from_numpy(np.fromfile(args.samples, dtype="<f4"))[None]
    if json.loads((args.folder / "preprocessor_config.json").read_text())["do_normalize"]:
        samples = (samples - samples.mean()) / torch.sqrt(samples.var(unbiased=False) + 1e-7)
    every_layer = model.encoder.layers

    def units(how: str) -> torch.Tensor:
        model.encoder.layers = every_layer if how == "all" else nn.ModuleList(every_layer[: args.layer])
        states = model(samples, output_hidden_states=True).hidden_states[args.layer][0]
        return (centroids.pow(2).sum(1) - 2 * states @ centroids.T).argmin(1)

    units("cut")
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        units(line.strip())
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()

"""Time the code of GLM-4-Voice's authors making units, one run for each line of standard input.

    time_glm_voice.py FOLDER SAMPLES.f32 --glm-source DIR [--threads 1]

The answer to a line is a line with the seconds it took. The first line of output says that the model is ready.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from transformers.utils import logging

from supervised_tokenizers import GlmVoice


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("--glm-source", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    logging.set_verbosity_error()
    # The fastest of the kinds of attention that the authors' code has for a processor.
    tokenizer = GlmVoice(args.glm_source, "full", attention="sdpa")
    tokenizer.load(args.folder)
    samples = torch.from_numpy(np.fromfile(args.samples, dtype="<f4"))
    tokenizer.units(samples)
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        tokenizer.units(samples)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()

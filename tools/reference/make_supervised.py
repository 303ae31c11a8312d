"""Write supervised semantic tokenizers with seeded random weights, and the units that PyTorch gives with them.

    make_supervised.py --size tiny --out packages/codec-ssl/test/golden --glm-source DIR --s3-source DIR [NAME …]
    make_supervised.py --size full --out DIR --glm-source DIR --s3-source DIR [NAME …]

The sources are checkouts of zai-org/GLM-4-Voice and xingchensong/S3Tokenizer.
"""

import argparse
import copy
import hashlib
import json
import time
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers.utils import logging

from signals import speech_like
from supervised_tokenizers import RATE_HZ, S3, S3_NAMES, GlmVoice
from weights import round_to_half

NAMES = ("glm-4-voice", *S3_NAMES)
LENGTHS = {
    ("glm-4-voice", "tiny"): (1, 399, 400, 1279, 1280, 1281, 12_800, 12_801, 12_800 + 2_560, 12_800 + 6_400, 2 * 12_800 + 3_840, 2 * 12_800 + 5_120, 2 * 12_800 + 5_127),
    ("glm-4-voice", "full"): (1, 399, 400, 1281, RATE_HZ + 7, 10 * RATE_HZ + 7, 30 * RATE_HZ, 40 * RATE_HZ + 7),
    # The authors' code wants 201 samples at least. Long ones: in two windows, and with a third that nothing is left for.
    ("s3", "tiny"): (201, 399, 400, 639, 641, 800, 16 * 640 + 7, 35 * RATE_HZ + 7, 53 * RATE_HZ),
    ("s3", "full"): (201, 399, 400, RATE_HZ + 7, 10 * RATE_HZ + 7, 35 * RATE_HZ + 7, 53 * RATE_HZ),
}


def make(name: str, size: str, out: Path, sources: argparse.Namespace) -> None:
    started = time.monotonic()
    torch.manual_seed(int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]))
    is_glm = name == "glm-4-voice"
    tokenizer = GlmVoice(sources.glm_source, size) if is_glm else S3(sources.s3_source, name, size)
    tokenizer.build()
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    if size == "tiny":
        round_to_half(tokenizer.model)
    if is_glm:
        tokenizer.save(folder, half=size == "tiny")
        tokenizer.load(folder)
    else:
        tokenizer.save(folder)
    print(f"{name}: built in {time.monotonic() - started:.0f} s", flush=True)
    tensors, about = _references(tokenizer, LENGTHS[name if is_glm else "s3", size], is_glm and size == "tiny")
    about |= {"name": name, "size": size, "torch": version("torch"), "transformers": version("transformers")}
    save_file(tensors, folder / "reference.safetensors", {"reference": json.dumps(about)})
    for file in folder.iterdir():
        file.chmod(0o644)
    print(f"  {about}")
    print(f"  {sum(f.stat().st_size for f in folder.iterdir())} bytes, {time.monotonic() - started:.0f} s", flush=True)


def _references(tokenizer: GlmVoice | S3, lengths: tuple[int, ...], in_double: bool) -> tuple[dict[str, Tensor], dict[str, object]]:
    base = 2 * 12_800 + 5_127 if in_double else min(max(lengths), 16 * 640 + 7 if tokenizer.size == "tiny" else 10 * RATE_HZ + 7)
    start = (speech_like(base + RATE_HZ, RATE_HZ, 13)[0, RATE_HZ // 16 :][:base] * 32768).round().to(torch.int16)
    tensors, cases = {"samples": start}, {}
    for length in lengths:
        units = tokenizer.units(tiled(start, length))
        tensors[f"{length}.units"] = units.int()
        cases[str(length)] = {"units": len(units), "distinct": int(units.unique().numel())}
        if in_double:
            double = copy.copy(tokenizer)
            double.model = copy.deepcopy(tokenizer.model).double()
            equal = float((double.units(tiled(start, length)) == units).double().mean())
            assert equal == 1, "another seed is needed"
    return tensors, {"cases": cases}


def tiled(start: Tensor, length: int) -> Tensor:
    """A recording of any length that a test can make from its start: that start, again and again."""
    return start.repeat(-(-length // len(start)))[:length].float() / 32768


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all if none is named")
    parser.add_argument("--size", choices=("tiny", "full"), required=True)
    parser.add_argument("--out", type=Path, required=True, help="the folder that gets one folder per name")
    parser.add_argument("--glm-source", type=Path, help="a checkout of zai-org/GLM-4-Voice")
    parser.add_argument("--s3-source", type=Path, help="a checkout of xingchensong/S3Tokenizer")
    args = parser.parse_args()
    if unknown := set(args.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    torch.set_grad_enabled(False)
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    if args.size == "tiny":
        # So that the same machine writes the same bytes.
        torch.set_num_threads(1)
    for name in args.names or NAMES:
        make(name, args.size, args.out, args)


if __name__ == "__main__":
    main()

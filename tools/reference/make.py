"""Write checkpoints with seeded random weights, and what PyTorch computes with them.

    make.py --size full --out DIR [NAME …]      DIR/NAME/
    make.py --size tiny --out packages/codec-rvq/test/golden [NAME …]
"""

import argparse
import copy
import hashlib
import json
import math
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers.utils import logging

import family_dac
import family_encodec
import family_mimi
import family_snac
from codebooks import use_of
from codec import Codec
from signals import speech_like_channels, test_cases

FAMILIES = {name: family for family in (family_dac, family_encodec, family_mimi, family_snac) for name in family.CONFIGS}
STORED_AS_HALF = frozenset({"encodec-48khz", "snac-32khz", "snac-44khz"})
"""Tiny checkpoints in 16-bit floats."""


def make(name: str, size: str, out: Path, speech: Path | None) -> None:
    started = time.monotonic()
    torch.manual_seed(int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]))
    half = size == "tiny" and name in STORED_AS_HALF
    codec = FAMILIES[name].build(name, size, half)
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    codec.save(folder, half)
    codec = replace(codec, model=codec.load(folder))
    print(f"{name}: built in {time.monotonic() - started:.0f} s", flush=True)
    use = use_of(codec.codes(codec.model, _measured(codec, size)), codec.book_sizes)
    double = _against_double(codec, size)
    tensors, cases = _references(codec, size, speech)
    about = {
        "name": name, "size": size, "sampleRateHz": codec.rate_hz, "channels": codec.channels,
        "hopSamples": codec.hop_samples, "codebookCounts": codec.codebook_counts, **codec.facts, "cases": cases,
        "codebookUse": use, "againstFloat64": double,
        "torch": version("torch"), "transformers": version("transformers"),
    }
    save_file(tensors, folder / "reference.safetensors", {"reference": json.dumps(about)})
    for file in folder.iterdir():
        file.chmod(0o644)
    for level, row in enumerate(use):
        print(f"  codebook {level}: {row}")
    print(f"  against float64: {double}")
    for case, facts in cases.items():
        print(f"  {case}: {facts}")
    print(f"  {sum(f.stat().st_size for f in folder.iterdir())} bytes, {time.monotonic() - started:.0f} s", flush=True)


def _measured(codec: Codec, size: str) -> Tensor:
    """10 seconds, or for the tiny sizes, whose hops are short, 2000 hops."""
    count = 10 * codec.rate_hz if size == "full" else 2000 * codec.hop_samples
    return speech_like_channels(count, codec.rate_hz, codec.channels, 21)


def _references(codec: Codec, size: str, speech: Path | None) -> tuple[dict[str, Tensor], dict[str, dict[str, object]]]:
    tensors, cases = {}, {}
    double = copy.deepcopy(codec.model).double()
    for case, samples in test_cases(size, codec.hop_samples, codec.rate_hz, codec.channels, speech).items():
        found = codec.reference(codec.model, samples, case)
        for key, tensor in found.items():
            assert tensor.isfinite().all(), (case, key)
            tensors[f"{case}.{key}"] = tensor.contiguous().clone()
        if size == "tiny":
            # Golden codes must not hang on the last bit of a distance.
            share, _ = _equal_codes(found, codec.reference(double, samples.double(), case))
            assert share == 1, (case, share, "another seed is needed")
        decoded = found[f"decoded.{codec.codebook_counts[0]}"]
        cases[case] = {"sampleCount": samples.shape[1], "rms": round(float(decoded.pow(2).mean().sqrt()), 4)}
    return tensors, cases


def _against_double(codec: Codec, size: str) -> dict[str, float]:
    """How far float32 is from float64: no implementation can be expected to come closer."""
    # PyTorch's convolutions in float64 are very slow.
    count = codec.rate_hz // 2 if size == "full" else 300 * codec.hop_samples
    samples = speech_like_channels(count, codec.rate_hz, codec.channels, 22)
    double = codec.reference(copy.deepcopy(codec.model).double(), samples.double(), "precision")
    single = codec.reference(codec.model, samples, "precision")
    share, count = _equal_codes(single, double)
    key = f"decoded.{codec.codebook_counts[0]}"
    error = single[key].double() - double[key]
    snr_db = 10 * math.log10(float(double[key].pow(2).sum() / error.pow(2).sum().clamp(min=1e-30)))
    return {"codesEqual": share, "codeCount": count, "decodedSnrDb": round(snr_db, 1)}


def _equal_codes(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> tuple[float, int]:
    """The share of equal codes, and how many were compared."""
    keys = [key for key in found if "codes" in key]
    equal = sum(int((found[key] == wanted[key]).sum()) for key in keys)
    count = sum(found[key].numel() for key in keys)
    return equal / count, count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FAMILIES)}; all if none is named")
    parser.add_argument("--size", choices=("tiny", "full"), required=True)
    parser.add_argument("--out", type=Path, required=True, help="the folder that gets one folder per name")
    parser.add_argument("--speech", type=Path, help="a recording, for one more case at full size")
    parser.add_argument("--snac-source", type=Path, help="a checkout of hubertsiuzdak/snac, where it is not installed")
    args = parser.parse_args()
    if unknown := set(args.names) - set(FAMILIES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    torch.set_grad_enabled(False)
    logging.disable_progress_bar()
    if args.snac_source is not None:
        family_snac.use_source(args.snac_source)
    if args.size == "tiny":
        # So that the same machine writes the same bytes.
        torch.set_num_threads(1)
    for name in args.names or FAMILIES:
        make(name, args.size, args.out, args.speech)


if __name__ == "__main__":
    main()

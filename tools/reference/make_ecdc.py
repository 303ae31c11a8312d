"""Writes .ecdc files with the authors' own writer (facebookresearch/encodec), for the golden tests.

    make_ecdc.py --encodec-source /path/to/encodec --out packages/codec-rvq/test/golden/ecdc

The codes are not a model's: code k of frame t of segment s is (37 t + 101 k + 13 s) mod 1024, and the scale of segment s
is (s + 1) / 7 as float32. So the tests know what the files hold. Only the authors' container code runs; what it imports
beside (einops, torchaudio, the networks) is left out.
"""

import argparse
import io
import math
import sys
import types
from pathlib import Path

import torch

CASES = [
    # name, model, samples, codebooks
    ("24khz-8", "encodec_24khz", 1_000, 8),
    ("24khz-2-one-sample", "encodec_24khz", 1, 2),
    ("24khz-3-odd-bits", "encodec_24khz", 3_300, 3),
    ("48khz-4", "encodec_48khz", 2_000, 4),
    ("48khz-2-two-segments", "encodec_48khz", 47_521, 2),
    ("48khz-3-three-segments", "encodec_48khz", 96_000, 3),
]
SEGMENTS = {"encodec_24khz": None, "encodec_48khz": (48_000, 47_520)}


def import_authors_code(source: Path):
    for name in ("encodec", "encodec.quantization", "encodec.quantization.ac", "encodec.model"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["encodec"].__path__ = [str(source / "encodec")]
    sys.modules["encodec.quantization"].__path__ = []
    for name in ("ArithmeticCoder", "ArithmeticDecoder", "build_stable_quantized_cdf"):
        setattr(sys.modules["encodec.quantization.ac"], name, None)
    names = ["encodec_model_24khz", "encodec_model_48khz"]
    sys.modules["encodec.model"].EncodecModel = type("EncodecModel", (), {name: None for name in names})
    sys.modules["encodec.model"].EncodedFrame = None
    from encodec import compress

    return compress


class Model:
    """Gives the codes of the cases in place of a network's."""

    bits_per_codebook = 10

    def __init__(self, name: str, codebooks: int):
        self.name = name
        self.codebooks = codebooks

    def encode(self, wav: torch.Tensor):
        length = wav.shape[-1]
        segment, stride = SEGMENTS[self.name] or (length, length)
        frames = []
        for s, offset in enumerate(range(0, length, stride)):
            count = math.ceil(min(segment, length - offset) / 320)
            t, k = torch.arange(count)[None, :], torch.arange(self.codebooks)[:, None]
            codes = ((37 * t + 101 * k + 13 * s) % 1024)[None]
            scale = torch.tensor([[(s + 1) / 7]]) if SEGMENTS[self.name] else None
            frames.append((codes, scale))
        return frames


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--encodec-source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    compress = import_authors_code(arguments.encodec_source)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, model, samples, codebooks in CASES:
        channels = 2 if model == "encodec_48khz" else 1
        file = io.BytesIO()
        compress.compress_to_file(Model(model, codebooks), torch.zeros(channels, samples), file, use_lm=False)
        (arguments.out / f"{name}.ecdc").write_bytes(file.getvalue())
        print(name, len(file.getvalue()), "bytes")


if __name__ == "__main__":
    main()

"""Time PyTorch on a checkpoint: encoding and decoding of one clip, all codebooks.

    time_pytorch.py NAME FOLDER SAMPLES.f32 CHANNELS --threads 2 --runs 3

SAMPLES.f32 holds little-endian floats, one channel after another. Prints one line of JSON, seconds of the fastest run.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


def load(name: str, folder: Path, snac_source: Path | None) -> tuple[Callable[[Tensor], object], Callable[[object], Tensor]]:
    """-> encode [1, channels, n] -> codes, decode codes -> samples"""
    if name.startswith("snac"):
        import family_snac

        if snac_source is not None:
            family_snac.use_source(snac_source)
        from snac import SNAC

        model = SNAC.from_config(folder / "config.json")
        model.load_state_dict(torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True))
        model.eval()
        return model.encode, model.decode
    from transformers import DacModel, EncodecModel, MimiModel

    if name.startswith("encodec"):
        model = EncodecModel.from_pretrained(folder).eval()
        bandwidth = max(model.config.target_bandwidths)
        return (
            lambda x: model.encode(x, bandwidth=bandwidth),
            lambda encoded: model.decode(encoded.audio_codes, encoded.audio_scales, last_frame_pad_length=encoded.last_frame_pad_length).audio_values,
        )
    if name.startswith("dac"):
        model = DacModel.from_pretrained(folder).eval()
        return lambda x: model.encode(x).audio_codes, lambda codes: model.decode(audio_codes=codes).audio_values
    model = MimiModel.from_pretrained(folder).eval()
    return lambda x: model.encode(x, num_quantizers=32).audio_codes, lambda codes: model.decode(codes).audio_values


def fastest(call: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("channels", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--snac-source", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    encode, decode = load(args.name, args.folder, args.snac_source)
    samples = torch.from_numpy(np.fromfile(args.samples, dtype="<f4").reshape(1, args.channels, -1))
    encode(samples[..., : samples.shape[-1] // 10])
    codes = encode(samples)
    print(json.dumps({
        "encodeSeconds": fastest(lambda: encode(samples), args.runs),
        "decodeSeconds": fastest(lambda: decode(codes), args.runs),
    }))


if __name__ == "__main__":
    main()

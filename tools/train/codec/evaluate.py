"""Measure a codec: log-mel agreement, SI-SDR and the use of its codebooks.

As a command: decode every recording of a folder with an exported codec, to judge it elsewhere.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import Tensor

from export import load_codec
from losses import mel_bank
from model import Codec

RATE = 16000


def log_mel(x: Tensor) -> Tensor:
    """Samples [N] -> ln mel energies [frames, 40]; window 512, hop 160, floor 1e-6."""
    x = torch.nn.functional.pad(x, (0, max(0, 512 - len(x))))
    power = torch.fft.rfft(x.unfold(0, 512, 160) * torch.hann_window(512)).abs().square()
    bank = mel_bank(512, 40)
    return (power @ (bank / bank.amax(0)) + 1e-6).log()


def compare(original: Tensor, decoded: Tensor) -> dict[str, float]:
    """Samples [N] twice -> log-mel correlation, log-mel distance (dB), SI-SDR (dB)."""
    a, b = log_mel(original), log_mel(decoded)
    scale = original.dot(decoded) / original.square().sum().clamp_min(1e-9)
    target, noise = scale * original, decoded - scale * original
    return {
        "logmel_r": float(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1]),
        "logmel_db": float((a - b).square().mean().sqrt()) * 10 / math.log(10),
        "sisdr_db": float(10 * torch.log10((target.square().sum() + 1e-9) / (noise.square().sum() + 1e-9))),
    }


def code_statistics(codes: Tensor, size: int) -> dict[str, list[float]]:
    """Codes [V, codebooks] -> per codebook the entropy (bits) and how many codes are in use."""
    entropy, used = [], []
    for column in codes.unbind(-1):
        p = torch.bincount(column, minlength=size).double()
        p = p / p.sum()
        entropy.append(round(float(-(p * p.clamp_min(1e-12).log2()).sum()), 2))
        used.append(int((p > 0).sum()))
    return {"entropy_bits": entropy, "used": used}


@torch.no_grad()
def evaluate(codec: Codec, utterances: list[Tensor], codebooks: tuple[int, ...] = (8, 4, 2, 1)) -> dict:
    """Utterances [1, N] -> means per number of codebooks, and code statistics."""
    device = codec.quantizer.codebooks.device
    rows: dict[int, list[dict]] = {k: [] for k in codebooks}
    all_codes = []
    for wave in utterances:
        codes = codec.encode(wave.to(device))
        all_codes.append(codes[0].cpu())
        for k in codebooks:
            decoded = codec.decode(codes, wave.shape[1], k)[0].float().cpu()
            rows[k].append(compare(wave[0], decoded))
    result = {f"k{k}": {name: round(sum(r[name] for r in rs) / len(rs), 4) for name in rs[0]} for k, rs in rows.items()}
    return {**result, **code_statistics(torch.cat(all_codes), codec.config.codebook_size)}


def decode_folder(codec: Codec, source: Path, target: Path, codebooks: tuple[int, ...]) -> dict:
    """Write target/k{K}/NAME.wav for every recording and K; returns the measured means."""
    from data import SUFFIXES, read

    waves = []
    for path in sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES):
        wave = torch.from_numpy(read(path).copy())[None]
        waves.append(wave)
        codes = codec.encode(wave)
        for k in codebooks:
            folder = target / f"k{k}"
            folder.mkdir(parents=True, exist_ok=True)
            decoded = codec.decode(codes, wave.shape[1], k)[0].clamp(-1, 1).numpy().astype(np.float32)
            soundfile.write(folder / f"{path.stem}.wav", decoded, RATE, subtype="PCM_16")
    return evaluate(codec, waves, codebooks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="exported folder: config.json and model.safetensors")
    parser.add_argument("source", type=Path, help="folder of recordings")
    parser.add_argument("target", type=Path, help="folder for the decoded recordings")
    parser.add_argument("--codebooks", default="8,4,2,1")
    args = parser.parse_args()
    torch.set_grad_enabled(False)
    counts = tuple(int(k) for k in args.codebooks.split(","))
    print(json.dumps(decode_folder(load_codec(args.model), args.source, args.target, counts), indent=1))


if __name__ == "__main__":
    main()

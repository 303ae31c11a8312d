"""Write the encoder as transformers does (`config.json`, `preprocessor_config.json`, `model.safetensors` in F16), with
the centroids of its last layer and golden files beside it; and install it."""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import Wav2Vec2BertModel

import cluster
from data import Spectra
from features import extractor, log_mel, normalise, rows
from model import hidden_states, small_config
from targets import SAMPLE_ROWS, weighted_sample

UNIT_COUNTS = (100, 200, 500)
MAX_BYTES = 20_000_000  # of weights and centroids together


def centroids_name(count: int) -> str:
    return f"centroids-k{count}.safetensors"


def save_encoder(encoder: Wav2Vec2BertModel, layer: int, folder: Path) -> None:
    """The first `layer` layers, every tensor rounded to F16."""
    config = small_config(layer)
    config.architectures, config.dtype = ["Wav2Vec2BertModel"], "float16"
    wanted = Wav2Vec2BertModel(config).state_dict()
    tensors = {name: encoder.state_dict()[name].to(torch.float16).contiguous() for name in wanted}
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} holds values outside the F16 range")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(folder)
    extractor().save_pretrained(folder)


def load_exported(folder: Path | str) -> Wav2Vec2BertModel:
    """Transformers' model with the exported weights; it computes in F32."""
    return Wav2Vec2BertModel.from_pretrained(folder, dtype=torch.float32).eval()


@torch.no_grad()
def encode(encoder: Wav2Vec2BertModel, samples: np.ndarray) -> Tensor:
    """Samples in [-1, 1] at 16 kHz -> the last layer [rows, width]."""
    frames = log_mel(torch.from_numpy(samples))
    if len(frames) < 2:
        return torch.zeros(0, encoder.config.hidden_size)
    return hidden_states(encoder, rows(normalise(frames))[None])[-1][0]


@torch.no_grad()
def all_features(encoder: Wav2Vec2BertModel, spectra: Spectra) -> np.ndarray:
    """The last layer of all recordings: F32 [all rows, width]."""
    features = np.empty((spectra.row_count, encoder.config.hidden_size), np.float32)
    for file in spectra.files:
        x = hidden_states(encoder, rows(normalise(spectra.of(file)))[None])[-1][0]
        features[file["first_row"] : file["first_row"] + file["rows"]] = x.numpy()
    return features


@torch.no_grad()
def save_golden(folder: Path, recording: Path | None) -> None:
    """`golden.safetensors`: what transformers computes with the exported files.

    samples [N] (I16), hidden [rows, width], units-k100 [rows] (I32) and so on.
    """
    encoder = load_exported(folder)
    x = golden_samples() if recording is None else soundfile.read(recording, dtype="int16")[0]
    inputs = extractor()(x.astype(np.float32) / 32768, sampling_rate=16000, return_tensors="pt")
    count = ((len(x) - 400) // 160 + 1) // 2  # the extractor pads to whole rows
    hidden = encoder(inputs["input_features"][:, :count]).last_hidden_state[0]
    own = encode(encoder, x.astype(np.float32) / 32768)
    if float((own - hidden).abs().max()) > 1e-3:
        raise ValueError(f"the training's way through the network differs from transformers' by {(own - hidden).abs().max()}")
    tensors = {"samples": torch.from_numpy(x.astype(np.int16)), "hidden": hidden.contiguous()}
    for unit_count in UNIT_COUNTS:
        centroids = load_file(folder / centroids_name(unit_count))["centroids"].numpy()
        units = cluster.nearest(hidden.numpy(), centroids)
        tensors[f"units-k{unit_count}"] = torch.from_numpy(units.astype(np.int32))
    save_file(tensors, folder / "golden.safetensors")


def golden_samples() -> np.ndarray:
    """1.5 s of the codec's synthetic signal, for want of a recording: 16-bit samples."""
    t = np.arange(24_000) / 16000
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(2 * np.pi * 1.5 * t)) / 16000
    voiced = sum(np.sin(h * phase) / h for h in range(1, 20)) * (0.5 - 0.5 * np.cos(2 * np.pi * 3 * t))
    noise = np.random.default_rng(1).standard_normal(len(t))
    return np.round((0.12 * voiced + 0.01 * noise) * 32767).astype(np.int16)


def export(encoder: Wav2Vec2BertModel, spectra: Spectra, layer: int, target: Path, seed: int, threads: int,
           recording: Path | None = None) -> None:
    """Export into `target`, replacing it in one rename."""
    torch.set_num_threads(threads)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    os.chmod(work, 0o755)
    save_encoder(encoder, layer, work)
    features = all_features(load_exported(work), spectra)
    sample = weighted_sample(spectra, features, SAMPLE_ROWS, seed)
    units = {}
    for count in UNIT_COUNTS:
        centroids = cluster.fit(sample, count, seed)
        metadata = {"layer": str(layer), "clusters": str(count), "frames": str(len(sample)), "seed": str(seed)}
        save_file({"centroids": torch.from_numpy(centroids)}, work / centroids_name(count), metadata=metadata)
        units[f"k{count}"] = cluster.nearest(features, centroids).astype(np.int16)
    np.savez_compressed(work / "units-of-training.npz", **units)
    (work / "units-of-training.json").write_text(json.dumps([
        {key: file[key] for key in ("source", "file", "sha256", "samples", "validation", "first_row", "rows")}
        for file in spectra.files
    ], indent=1))
    size = sum((work / name).stat().st_size for name in ("model.safetensors", *map(centroids_name, UNIT_COUNTS)))
    if size > MAX_BYTES:
        raise ValueError(f"weights and centroids have {size} bytes, more than {MAX_BYTES}")
    save_golden(work, recording)
    for file in work.iterdir():
        os.chmod(file, 0o644)
    if target.exists():
        old = work.with_name(work.name + "-old")
        os.rename(target, old)
        os.rename(work, target)
        shutil.rmtree(old)
    else:
        os.rename(work, target)


def install(source: Path, card: Path) -> None:
    """Make an export the encoder that packages/codec-ssl ships, with `card` as its model card.

    The package's own script checks that the weights run there, copies the files and writes down their hashes.
    """
    shutil.copy(card, source / "README.md")
    command = ["npm", "run", "pnpm", "--", "--filter", "@speech-tokens/codec-ssl", "install-units"]
    subprocess.run([*command, str(source.resolve())], cwd=Path(__file__).resolve().parents[3], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Install an exported encoder as the bundled one.")
    parser.add_argument("source", type=Path, help="an exported folder")
    parser.add_argument("card", type=Path, help="its model card: data, licences, steps, measures (Markdown)")
    args = parser.parse_args()
    install(args.source, args.card)


if __name__ == "__main__":
    main()

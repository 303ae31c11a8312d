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
from features import HOP, STACK, WINDOW, extractor, log_mel, normalise, rows
from model import hidden_states, small_config
from targets import SAMPLE_ROWS, weighted_sample

RECORDING = Path(__file__).resolve().parents[3] / "examples" / "audio" / "sense-and-sensibility.wav"
UNIT_COUNTS = (100, 200, 500)
CONFIG_FIELDS = (  # of config.json: the network follows from them, and transformers has defaults for the rest
    "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
    "feature_projection_input_dim", "conv_depthwise_kernel_size", "layer_norm_eps", "position_embeddings_type",
    "left_max_position_embeddings", "right_max_position_embeddings", "add_adapter",
)
MAX_BYTES = 20_000_000  # of weights and centroids together


def centroids_name(count: int) -> str:
    return f"centroids-k{count}.safetensors"


def save_encoder(encoder: Wav2Vec2BertModel, layer: int, folder: Path) -> None:
    """The first `layer` layers, every tensor rounded to F16."""
    config = small_config(layer)
    wanted = Wav2Vec2BertModel(config).state_dict()
    tensors = {name: encoder.state_dict()[name].to(torch.float16).contiguous() for name in wanted}
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} holds values outside the F16 range")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    fields = {name: getattr(config, name) for name in CONFIG_FIELDS}
    (folder / "config.json").write_text(json.dumps(fields, indent=2) + "\n")
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
def save_golden(folder: Path) -> None:
    """`golden.safetensors`: what transformers computes with the exported files for a recording of examples/audio.

    hidden [rows, width] of its first two seconds, units-k100 [rows] (I32) and so on of the whole.
    """
    encoder = load_exported(folder)
    x = soundfile.read(RECORDING, dtype="float32")[0]

    def hidden(samples: np.ndarray) -> Tensor:
        inputs = extractor()(samples, sampling_rate=16000, return_tensors="pt")["input_features"]
        count = ((len(samples) - WINDOW) // HOP + 1) // STACK  # the extractor pads to whole rows
        return encoder(inputs[:, :count]).last_hidden_state[0]

    whole = hidden(x)
    difference = float((encode(encoder, x) - whole).abs().max())
    if difference > 1e-3:
        raise ValueError(f"the training's way through the network differs from transformers' by {difference}")
    tensors = {"hidden": hidden(x[:32_000]).contiguous()}
    for unit_count in UNIT_COUNTS:
        centroids = load_file(folder / centroids_name(unit_count))["centroids"].numpy()
        tensors[f"units-k{unit_count}"] = torch.from_numpy(cluster.nearest(whole.numpy(), centroids).astype(np.int32))
    save_file(tensors, folder / "golden.safetensors", metadata={"recording": RECORDING.name})


def export(encoder: Wav2Vec2BertModel, spectra: Spectra, layer: int, target: Path, seed: int, threads: int) -> None:
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
    save_golden(work)
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

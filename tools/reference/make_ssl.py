"""Write checkpoints of self-supervised encoders with seeded random weights, and what PyTorch computes with them.

    make_ssl.py --size full --out DIR [NAME …]      DIR/NAME/
    make_ssl.py --size tiny --out packages/codec-ssl/test/golden [NAME …]
"""

import argparse
import copy
import hashlib
import json
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers.utils import logging

from hub_files import OLD_WEIGHT_NORM_NAMES
from signals import speech_like
from ssl_encoders import KINDS, RATE_HZ, Encoder, build, load
from weights import round_to_half

LENGTHS = {
    "tiny": (399, 400, 401, 719, 720, 16 * 320 + 7),
    "full": (399, 400, 401, RATE_HZ + 7, 10 * RATE_HZ + 7),
}
CENTROIDS = {"tiny": 24, "full": 500}


def make(name: str, size: str, out: Path) -> None:
    started = time.monotonic()
    torch.manual_seed(int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]))
    encoder = build(name, size)
    if size == "tiny":
        round_to_half(encoder.model)
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    _save(encoder, folder, name, half=size == "tiny")
    encoder = load(name, size, folder)
    print(f"{name}: built in {time.monotonic() - started:.0f} s", flush=True)
    tensors, about = _references(encoder, folder, size)
    about |= {"name": name, "size": size, "torch": version("torch"), "transformers": version("transformers")}
    save_file(tensors, folder / "reference.safetensors", {"reference": json.dumps(about)})
    for file in folder.iterdir():
        file.chmod(0o644)
    print(f"  {about}")
    print(f"  {sum(f.stat().st_size for f in folder.iterdir())} bytes, {time.monotonic() - started:.0f} s", flush=True)


def _save(encoder: Encoder, folder: Path, name: str, half: bool) -> None:
    kind = KINDS[name]
    encoder.extractor.save_pretrained(folder)
    encoder.model.save_pretrained(folder, max_shard_size="50GB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    path = folder / "model.safetensors"
    weights = {}
    for key, tensor in load_file(path).items():
        for new, old in OLD_WEIGHT_NORM_NAMES.items():
            key = key.removesuffix(new) + old if kind.old_names and key.endswith(new) else key
        # What no encoder needs only makes files in the repository larger.
        if half and (".decoder." in key or key.startswith(("proj_out", "masked_spec_embed"))):
            continue
        weights[key] = (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
    if kind.as_pickle:
        path.unlink()
        torch.save(weights, folder / "pytorch_model.bin")
    else:
        save_file(weights, path, {"format": "pt"})
    config_path = folder / "config.json"
    config = json.loads(config_path.read_text())
    config_path.write_text(json.dumps({**config, "torch_dtype": "float16" if half else "float32"}, indent=2, sort_keys=True) + "\n")


def _references(encoder: Encoder, folder: Path, size: str) -> tuple[dict[str, Tensor], dict[str, object]]:
    longest = max(LENGTHS[size])
    # As 16 bits, so that a file in the repository stays small; n / 32768 is exact in float32.
    whole = (speech_like(longest + RATE_HZ, RATE_HZ, 13)[0, RATE_HZ // 16 :][:longest] * 32768).round().to(torch.int16)
    tensors, cases = {"samples": whole}, {}
    double = Encoder(copy.deepcopy(encoder.model).double(), encoder.extractor)
    layers = _unit_layers(encoder)
    centroids = {layer: _centroids(encoder, layer, CENTROIDS[size]) for layer in layers}
    for layer, table in centroids.items():
        np.save(folder / f"centroids-l{layer}.npy", table.numpy())
    for length in LENGTHS[size]:
        samples = whole[:length].float() / 32768
        count = max(0, encoder.frame_count(length))
        if count == 0:
            cases[str(length)] = {"frames": 0}
            continue
        inputs = encoder.features([samples])
        states = [state[0, :count] for state in encoder.hidden_states(inputs)]
        # In float64, ten seconds of a large model would take a quarter of an hour.
        is_short = length <= 2 * RATE_HZ or len(states) <= 13
        exact = [state[0, :count] for state in double.hidden_states(inputs)] if is_short else states
        kept = range(len(states)) if length == longest or size == "full" else [len(states) - 1]
        for layer in kept:
            assert states[layer].isfinite().all()
            tensors[f"{length}.hidden.{layer}"] = states[layer].contiguous().clone()
        for layer, table in centroids.items():
            units = _units(exact[layer], table)
            equal = float((units == _units(states[layer].double(), table)).double().mean())
            assert size == "full" or equal == 1, "another seed is needed"
            tensors[f"{length}.units.{layer}"] = units.int()
            cases.setdefault(str(length), {"frames": count})[f"unitsEqualInFloat32.{layer}"] = equal
        if length == longest:
            differences = [float((a - b).abs().max()) for a, b in zip(states, exact)]
            cases[str(length)] |= {
                "rms": [round(float(state.pow(2).mean().sqrt()), 3) for state in states],
                "fromFloat64": max(differences),
                "distinctUnits": {layer: int(tensors[f"{length}.units.{layer}"].unique().numel()) for layer in layers},
            }
    batch = _batch(encoder, whole, longest)
    tensors |= batch
    return tensors, {"cases": cases, "batch": len(batch) > 0}


def _unit_layers(encoder: Encoder) -> list[int]:
    config = encoder.model.config
    count = config.encoder_layers if encoder.is_whisper else config.num_hidden_layers
    return [count // 2, count * 3 // 4] if count > 4 else [count - 1]


def _centroids(encoder: Encoder, layer: int, count: int) -> Tensor:
    """Frames of other speech, moved towards their mean as centroids are."""
    seconds = 30 if encoder.is_whisper and encoder.extractor.chunk_length == 30 else 20
    frames = []
    for seed in range(100, 100 + (2 if count < 100 else 1)):
        clip = speech_like(seconds * RATE_HZ, RATE_HZ, seed)[0]
        parts = clip.split(encoder.extractor.n_samples) if encoder.is_whisper else [clip]
        frames += [encoder.hidden_states(encoder.features([part]))[layer][0] for part in parts]
    states = torch.cat(frames)
    chosen = states[torch.randperm(len(states))[:count]]
    return (states.mean(0) + 0.9 * (chosen - states.mean(0))).float().contiguous()


def _units(states: Tensor, table: Tensor) -> Tensor:
    return torch.cdist(states.double(), table.double(), compute_mode="donot_use_mm_for_euclid_dist").argmin(-1)


def _batch(encoder: Encoder, whole: Tensor, longest: int) -> dict[str, Tensor]:
    """The last hidden states of two clips in one padded batch with a mask, where the model was trained with masks."""
    if encoder.is_whisper or (encoder.is_wave and not encoder.extractor.return_attention_mask):
        return {}
    lengths = (longest, longest * 2 // 3)
    states = encoder.hidden_states(encoder.features([whole[:n].float() / 32768 for n in lengths]))[-1]
    return {f"batch.{n}.hidden": states[i, : encoder.frame_count(n)].contiguous().clone() for i, n in enumerate(lengths)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(KINDS)}; all if none is named")
    parser.add_argument("--size", choices=("tiny", "full"), required=True)
    parser.add_argument("--out", type=Path, required=True, help="the folder that gets one folder per name")
    args = parser.parse_args()
    if unknown := set(args.names) - set(KINDS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    torch.set_grad_enabled(False)
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    if args.size == "tiny":
        # So that the same machine writes the same bytes.
        torch.set_num_threads(1)
    for name in args.names or KINDS:
        make(name, args.size, args.out)


if __name__ == "__main__":
    main()

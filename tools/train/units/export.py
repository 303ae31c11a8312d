"""Write the encoder as transformers does (`config.json`, `preprocessor_config.json`, `model.safetensors` in F16), with
the centroids of its last layer and golden files beside it; and install it."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import Wav2Vec2BertModel

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common import exports

import cluster
from augment import perturb
from data import Spectra
from features import HOP, STACK, WINDOW, extractor, log_mel, normalise, rows
from model import hidden_states, small_config
from phones import Phones
from targets import discriminants, means_of

RECORDING = Path(__file__).resolve().parents[3] / "examples" / "audio" / "sense-and-sensibility.wav"
UNIT_COUNTS = (100, 200, 500)
CONFIG_FIELDS = (  # of config.json: the network follows from them, and transformers has defaults for the rest
    "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
    "feature_projection_input_dim", "conv_depthwise_kernel_size", "layer_norm_eps", "position_embeddings_type",
    "left_max_position_embeddings", "right_max_position_embeddings", "add_adapter",
)
SAMPLE_ROWS = 60_000  # that centroids are fitted to
MAX_BYTES = 20_000_000  # of weights and centroids together
PROJECTED = 32  # directions in which phones are told apart, where they are known
SILENCE, SILENCE_SHARE = "SIL", 0.03  # of the rows that clusters are made of, where phones are known


def centroids_name(count: int) -> str:
    return f"centroids-k{count}.safetensors"


@dataclass
class Clusters:
    """Centroids [count, values], of a layer's values or of what a projection [values, width] makes of them."""

    centroids: np.ndarray
    projection: np.ndarray | None

    @staticmethod
    def load(path: Path) -> "Clusters":
        tensors = load_file(path)
        projection = tensors.get("projection")
        return Clusters(tensors["centroids"].numpy(), None if projection is None else projection.numpy())

    def nearest(self, features: np.ndarray) -> np.ndarray:
        return cluster.nearest(projected(features, self.projection), self.centroids)


def projected(features: np.ndarray, projection: np.ndarray | None) -> np.ndarray:
    return features if projection is None else features @ projection.T


def save_encoder(encoder: Wav2Vec2BertModel, layer: int, folder: Path) -> None:
    """The first `layer` layers, every tensor rounded to F16."""
    config = small_config(layer)
    wanted = Wav2Vec2BertModel(config).state_dict()
    exports.save_half({name: encoder.state_dict()[name] for name in wanted}, folder / "model.safetensors", MAX_BYTES)
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


def features_of(encoder: Wav2Vec2BertModel, spectra: Spectra, files: list[dict], threads: int,
                version: int = 0) -> list[np.ndarray]:
    """The last layer of each recording: F32 [rows, width]. All versions but 0 are perturbed as in training."""

    @torch.no_grad()
    def one(file: dict) -> np.ndarray:
        frames = spectra.of(file)
        if version > 0:
            random = torch.Generator().manual_seed(version * spectra.row_count + file["first_row"])
            frames = perturb(frames[None], random)[0]
        return hidden_states(encoder, rows(normalise(frames))[None])[-1][0].numpy()

    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        return list(pool.map(one, files))


def chosen_files(spectra: Spectra, row_count: int, seed: int) -> list[dict]:
    """Whole training recordings, chosen by the weights of their sources, with so many rows together."""
    random, chosen = torch.Generator().manual_seed(seed), {}
    for _ in range(100_000):
        file, _ = spectra.choose(1, random)
        chosen[file["first_row"]] = file
        if sum(f["rows"] for f in chosen.values()) >= row_count:
            break
    return list(chosen.values())


def save_units(folder: Path, spectra: Spectra, threads: int, versions: int = 1, clean: list[np.ndarray] | None = None) -> None:
    """Units of all recordings: `units-of-training.npz` (I16 [versions, rows] for each count) and which rows are whose.

    `clean`: the features of all recordings as they are, where they are known.
    """
    encoder = load_exported(folder)
    clusters = {f"k{count}": Clusters.load(folder / centroids_name(count)) for count in UNIT_COUNTS}
    units = {name: np.empty((versions, spectra.row_count), np.int16) for name in clusters}
    for version in range(versions):
        known = version == 0 and clean is not None
        features = np.concatenate(clean if known else features_of(encoder, spectra, spectra.files, threads, version))
        for name, table in units.items():
            table[version] = clusters[name].nearest(features)
    np.savez_compressed(folder / "units-of-training.npz", **units)
    keys = ("source", "file", "sha256", "samples", "validation", "first_row", "rows")
    index = [{key: file[key] for key in keys} for file in spectra.files]
    (folder / "units-of-training.json").write_text(json.dumps(index, indent=1))


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
        units = Clusters.load(folder / centroids_name(unit_count)).nearest(whole.numpy())
        tensors[f"units-k{unit_count}"] = torch.from_numpy(units.astype(np.int32))
    save_file(tensors, folder / "golden.safetensors", metadata={"recording": RECORDING.name})


@dataclass
class Directions:
    """`matrix` [values, width] leads to where phones lie apart; `phones` [phones, values]: their means there."""

    matrix: np.ndarray
    phones: np.ndarray
    silence: int

    @staticmethod
    def find(parts: list[np.ndarray], spectra: Spectra, phones: Phones) -> "Directions":
        """Linear discriminants of the features of all recordings, whose classes are phones; see `discriminants`."""
        def numbers(file: dict) -> np.ndarray:
            return phones.numbers[file["first_row"] : file["first_row"] + file["rows"]]

        known = [file for file in spectra.files if not file["validation"] and (numbers(file) >= 0).any()]
        features = np.concatenate([parts[file["number"]] for file in known]).astype(np.float64)
        classes = np.concatenate([numbers(file) for file in known])
        recordings = np.repeat(np.arange(len(known)), [file["rows"] for file in known])
        features, classes, recordings = features[classes >= 0], classes[classes >= 0], recordings[classes >= 0]
        matrix = discriminants(features, classes, PROJECTED, recordings)[1].T.astype(np.float32)
        means = means_of(features, classes)[1].astype(np.float32)
        return Directions(matrix, projected(means, matrix), phones.names.index(SILENCE))

    def with_less_silence(self, values: np.ndarray, seed: int) -> np.ndarray:
        """Rows [rows, values] without most of those nearest to silence, of which many clusters would tell room from room."""
        silent = np.flatnonzero(cluster.nearest(values, self.phones) == self.silence)
        kept = round(SILENCE_SHARE * (len(values) - len(silent)))
        dropped = np.random.default_rng(seed).permutation(silent)[kept:]
        return np.delete(values, dropped, 0)


def export(encoder: Wav2Vec2BertModel, spectra: Spectra, layer: int, target: Path, seed: int, threads: int,
           phones: Phones | None, versions: int) -> None:
    """Export into `target`, replacing it in one rename. With phones, clusters are made where these lie apart.

    Holds the features of all recordings: 180 MB for an hour.
    """
    with exports.replaced_folder(target) as work:
        save_encoder(encoder, layer, work)
        parts = features_of(load_exported(work), spectra, spectra.files, threads)
        chosen = chosen_files(spectra, SAMPLE_ROWS, seed)
        sample, projection = np.concatenate([parts[file["number"]] for file in chosen]), None
        if phones is not None:
            directions = Directions.find(parts, spectra, phones)
            projection = directions.matrix
            sample = directions.with_less_silence(projected(sample, projection), seed)
        for count in UNIT_COUNTS:
            metadata = {"layer": str(layer), "clusters": str(count), "frames": str(len(sample)), "seed": str(seed)}
            tensors = {"centroids": torch.from_numpy(cluster.fit(sample, count, seed))}
            if projection is not None:
                tensors["projection"] = torch.from_numpy(projection)
            save_file(tensors, work / centroids_name(count), metadata=metadata)
        size = sum((work / name).stat().st_size for name in ("model.safetensors", *map(centroids_name, UNIT_COUNTS)))
        if size > MAX_BYTES:
            raise ValueError(f"weights and centroids have {size} bytes, more than {MAX_BYTES}")
        save_units(work, spectra, threads, versions, parts)
        save_golden(work)


BUNDLED = ("@speech-tokens/codec-ssl", "install-units")  # which package ships it, and its script that takes it over


def install(source: Path, card: Path) -> None:
    """Make an export the encoder that packages/codec-ssl ships, with `card` as its model card."""
    exports.install(source, card, *BUNDLED)


if __name__ == "__main__":
    exports.install_from_command_line("encoder", *BUNDLED)

"""Write a vocoder as `config.json` + `model.safetensors` (F16), and a golden file beside it."""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
sys.path.append(str(Path(__file__).resolve().parents[1] / "codec"))  # layers of the codec
from common import exports

from source_filter import position_noise
from vocoder_config import VocoderConfig
from vocoder_model import Vocoder

MAX_BYTES = 12_000_000


def first_voices(vocoder: Vocoder) -> Vocoder:
    """The same vocoder with the named voices only."""
    named = Vocoder(vocoder.config)
    state = vocoder.state_dict()
    state["voices"] = state["voices"][: len(vocoder.config.voices)]
    named.load_state_dict(state)
    return named.to(vocoder.voices.device).eval()


def load_vocoder(folder: Path | str) -> Vocoder:
    """Load an exported vocoder; computation is in F32 from the F16 weights."""
    folder = Path(folder)
    vocoder = Vocoder(VocoderConfig.load(folder / "config.json"))
    vocoder.load_state_dict({k: v.float() for k, v in load_file(folder / "model.safetensors").items()})
    return vocoder.eval()


@torch.no_grad()
def save_golden(vocoder: Vocoder, units: dict[int, torch.Tensor], path: Path) -> None:
    """Inputs and expected outputs for other implementations, all without the batch axis.

    For each k: units_K [T] (I32), and for the first voice, with the first k for the last voice too, samples_K_ROW [320 T].
    """
    from vocoder_validation import synthesise

    tensors = {"noise": torch.from_numpy(position_noise(0, 1000))}
    last = len(vocoder.config.voices) - 1
    for k, ids in units.items():
        tensors[f"units_{k}"] = ids.to(torch.int32).contiguous()
        for row in {0, last} if k == vocoder.config.unit_counts[0] else {0}:
            tensors[f"samples_{k}_{row}"] = synthesise(vocoder, ids, k, row).contiguous()
    save_file(tensors, path)


def export(vocoder: Vocoder, folder: Path, units: dict[int, torch.Tensor]) -> None:
    """Write the files of the runtime format into `folder`; every tensor is rounded to F16. units: for the golden file."""
    folder.mkdir(parents=True, exist_ok=True)
    exports.save_half(vocoder.state_dict(), folder / "model.safetensors", MAX_BYTES)
    (folder / "config.json").write_text(vocoder.config.to_json())
    save_golden(load_vocoder(folder), units, folder / "golden.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)


BUNDLED = ("@speech-tokens/codec-ssl", "install-unit-vocoder")  # which package ships it, and its script that takes it over


def install(source: Path, card: Path) -> None:
    """Make an export the vocoder that packages/codec-ssl ships, with `card` as its model card."""
    exports.install(source, card, *BUNDLED)


if __name__ == "__main__":
    exports.install_from_command_line("vocoder", *BUNDLED)

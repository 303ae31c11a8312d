"""Write a codec as `config.json` + `model.safetensors` (F16), and golden files beside it."""

import copy
import math
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common import exports

from config import CodecConfig
from model import Codec

MAX_BYTES = 12_000_000


def save_codec(codec: Codec, folder: Path) -> None:
    """Write the two files of the runtime format; every tensor is rounded to F16."""
    exports.save_half(codec.state_dict(), folder / "model.safetensors", MAX_BYTES)
    (folder / "config.json").write_text(codec.config.to_json())


def load_tensors(folder: Path | str) -> dict[str, torch.Tensor]:
    """The weights of an exported codec in F32."""
    return {k: v.float() for k, v in load_file(Path(folder) / "model.safetensors").items()}


def load_codec(folder: Path | str) -> Codec:
    """Load an exported codec; computation is in F32 from the F16 weights."""
    folder = Path(folder)
    codec = Codec(CodecConfig.load(folder / "config.json"))
    codec.load_state_dict(load_tensors(folder))
    return codec.eval()


def synthetic_signal(samples: int = 24000, rate: int = 16000) -> torch.Tensor:
    """A deterministic test signal [1, samples]: a gliding pulse-like tone, a chirp, a pause, noise."""
    t = torch.arange(samples, dtype=torch.float64) / rate
    pitch = 120 + 40 * torch.sin(2 * math.pi * 1.5 * t)
    phase = 2 * math.pi * torch.cumsum(pitch, 0) / rate
    voiced = sum(torch.sin(h * phase) / h for h in range(1, 20))
    chirp = torch.sin(2 * math.pi * (200 * t + 1200 * t * t))
    state, noise = 12345, []
    for _ in range(samples):
        state = (1103515245 * state + 12345) % 2**31
        noise.append(state / 2**30 - 1)
    envelope = 0.5 - 0.5 * torch.cos(2 * math.pi * 3 * t)
    signal = 0.12 * envelope * voiced + 0.05 * (t > 0.5) * chirp
    signal = torch.where((t > 0.9) & (t < 1.1), torch.zeros_like(t), signal)
    signal = signal + 0.02 * (t > 1.2) * torch.tensor(noise, dtype=torch.float64)
    return signal.float().unsqueeze(0)


@torch.no_grad()
def save_golden(codec: Codec, wave: torch.Tensor, path: Path) -> None:
    """Inputs and expected outputs for other implementations, all without the batch axis.

    input [N], latents [T, dim], codes [T, codebooks] (I32), decoded_8 and decoded_2 [N].
    """
    codes = codec.encode(wave)
    save_file(
        {
            "input": wave[0].contiguous(),
            "latents": codec.encoder(wave)[0].contiguous(),
            "codes": codes[0].to(torch.int32).contiguous(),
            "decoded_8": codec.decode(codes, wave.shape[1])[0].contiguous(),
            "decoded_2": codec.decode(codes, wave.shape[1], 2)[0].contiguous(),
        },
        path,
    )


def export(codec: Codec, target: Path, utterance: torch.Tensor | None = None) -> None:
    """Export into `target`, replacing it in one rename. `utterance` [N] is a real recording."""
    target = Path(target)
    with exports.replaced_folder(target) as work:
        save_codec(copy.deepcopy(codec).float().cpu(), work)
        rounded = load_codec(work)
        save_golden(rounded, synthetic_signal(), work / "golden-synthetic.safetensors")
        if utterance is not None:
            save_golden(rounded, utterance.reshape(1, -1).float(), work / "golden-utterance.safetensors")


BUNDLED = ("@speech-tokens/codec-rvq", "install-speech-codec")  # which package ships it, and its script that takes it over


def install(source: Path, card: Path) -> None:
    """Make an export the codec that packages/codec-rvq ships, with `card` as its model card."""
    exports.install(source, card, *BUNDLED)


if __name__ == "__main__":
    exports.install_from_command_line("codec", *BUNDLED)

"""Write a unit vocoder (CodeHiFiGAN) with seeded random weights, and what PyTorch computes with it.

    make_vocoder.py --size full --out DIR           DIR/unit-hifigan/
    make_vocoder.py --size tiny --out packages/codec-ssl/test/golden
"""

import argparse
import copy
import json
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import SeamlessM4TConfig
from transformers.models.seamless_m4t.modeling_seamless_m4t import SeamlessM4TCodeHifiGan
from transformers.utils import logging

from weights import enliven, randomize, round_to_half

# Full: the sizes of facebook/hf-seamless-m4t-medium.
FIELDS = {
    "full": {},
    "tiny": {
        "unit_hifi_gan_vocab_size": 24,
        "unit_embed_dim": 16,
        "lang_embed_dim": 4,
        "spkr_embed_dim": 6,
        "vocoder_num_langs": 4,
        "vocoder_num_spkrs": 3,
        "upsample_initial_channel": 24,
        "upsample_rates": [8, 5, 4, 2],
        "upsample_kernel_sizes": [16, 11, 8, 4],
        "resblock_dilation_sizes": [[1, 3], [1, 3, 5], [1, 5]],
    },
}
KEPT = (
    "model_type sampling_rate leaky_relu_slope unit_hifi_gan_vocab_size unit_embed_dim lang_embed_dim spkr_embed_dim "
    "vocoder_num_langs vocoder_num_spkrs upsample_initial_channel upsample_rates upsample_kernel_sizes "
    "resblock_kernel_sizes resblock_dilation_sizes variance_predictor_kernel_size"
).split()
UNITS = {"tiny": 11, "full": 150}
# Pairs of a speaker and a language.
VOICES = {"tiny": ((0, 0), (2, 3)), "full": ((0, 0), (137, 20))}


def make(size: str, out: Path) -> None:
    torch.manual_seed(32)
    config = SeamlessM4TConfig(**FIELDS[size])
    model = SeamlessM4TCodeHifiGan(config).eval()
    model.apply_weight_norm()
    randomize(model)
    for table in (model.unit_embedding, model.speaker_embedding, model.language_embedding):
        table.weight.normal_()
    units = torch.randint(config.unit_hifi_gan_vocab_size, (1, UNITS[size]))
    voice = [torch.tensor([[index]]) for index in VOICES[size][1]]
    enliven(lambda: model(units, *voice), model, _target)
    _set_durations(model, units)
    if size == "tiny":
        round_to_half(model)
    folder = out / "unit-hifigan"
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: (tensor.half() if size == "tiny" else tensor).contiguous() for name, tensor in model.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    fields = {name: getattr(config, name) for name in KEPT}
    (folder / "config.json").write_text(json.dumps(fields, indent=2, sort_keys=True) + "\n")
    settings = {
        "units": {"id": "ssl:units#0123456789ab", "windowSamples": 400},
        "languages": {"eng": 0, "deu": 3},
        "speakers": {"ada": 2},
    }
    (folder / "vocoder.json").write_text(json.dumps(settings, indent=2) + "\n")
    tensors = {"units": units[0].int()}
    double = copy.deepcopy(model).double()
    about = {"size": size, "torch": version("torch"), "transformers": version("transformers"), "cases": []}
    durations = _durations(model, units)
    assert torch.equal(durations, _durations(double, units)), "another seed is needed"
    tensors["durations"] = durations.int()
    for speaker, language in VOICES[size]:
        case = f"speaker-{speaker}.language-{language}"
        ids = torch.tensor([[speaker]]), torch.tensor([[language]])
        predicted, lengths = model(units, *ids)
        assert predicted.shape[1] == int(durations.sum()) * 320 == int(lengths)
        tensors[f"{case}.predicted"] = predicted[0].contiguous()
        tensors[f"{case}.by-frame"] = _by_frame(model, units, *ids)
        exact = _by_frame(double, units, *ids)
        snr = 10 * torch.log10(exact.pow(2).sum() / (exact - tensors[f"{case}.by-frame"]).pow(2).sum())
        about["cases"].append({"speaker": speaker, "language": language, "dbFromFloat64": round(float(snr), 1)})
    save_file(tensors, folder / "reference.safetensors", {"reference": json.dumps(about)})
    for file in folder.iterdir():
        file.chmod(0o644)
    rms = float(tensors[f"{case}.by-frame"].pow(2).mean().sqrt())
    print(about, f"rms {rms:.3f}", durations.tolist())
    print(sum(file.stat().st_size for file in folder.iterdir()), "bytes")


def _target(name: str) -> float:
    if name.startswith("dur_predictor"):
        return 1.0
    if name.endswith("conv_post"):
        return 0.3
    return 0.5 if ".convs2." in name else 1.0


def _set_durations(model: SeamlessM4TCodeHifiGan, units: Tensor) -> None:
    """Lengths of about one to four frames."""
    predictor = model.dur_predictor
    predictor.proj.weight.mul_(0.4)
    predictor.proj.bias.zero_()
    predictor.proj.bias.fill_(1.1 - float(predictor(model.unit_embedding(units)).mean()))


def _durations(model: SeamlessM4TCodeHifiGan, units: Tensor) -> Tensor:
    logs = model.dur_predictor(model.unit_embedding(units))
    return torch.clamp(torch.round(torch.expm1(logs)).long(), min=1)[0]


def _by_frame(model: SeamlessM4TCodeHifiGan, units: Tensor, speaker: Tensor, language: Tensor) -> Tensor:
    """Without the predictor: each unit lasts one frame."""
    count = units.shape[1]
    parts = [
        model.language_embedding(language).expand(1, count, -1),
        model.unit_embedding(units),
        model.speaker_embedding(speaker).expand(1, count, -1),
    ]
    return model.hifi_gan(torch.cat(parts, dim=2).transpose(1, 2))[0].contiguous()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=("tiny", "full"), required=True)
    parser.add_argument("--out", type=Path, required=True, help="the folder that gets the folder unit-hifigan")
    args = parser.parse_args()
    torch.set_grad_enabled(False)
    logging.set_verbosity_error()
    # So that the same machine writes the same bytes.
    torch.set_num_threads(1)
    make(args.size, args.out)


if __name__ == "__main__":
    main()

"""Files named and laid out as in the authors' repositories on the hub."""

import json
from pathlib import Path

from safetensors.torch import load_file, save_file

# `torch.nn.utils.weight_norm`, with which the EnCodec files were saved, and its successor.
OLD_WEIGHT_NORM_NAMES = {
    ".parametrizations.weight.original0": ".weight_g",
    ".parametrizations.weight.original1": ".weight_v",
}


def save_like_hub(model, folder: Path, half: bool, config_changes: dict[str, object]) -> None:
    """`save_pretrained`, then the tensor names and the configuration keys of the published files.

    A value of `...` in `config_changes` removes that key.
    """
    model.save_pretrained(folder)
    weights = folder / "model.safetensors"
    renamed = {}
    for name, tensor in load_file(weights).items():
        for new, old in OLD_WEIGHT_NORM_NAMES.items():
            name = name.removesuffix(new) + old if name.endswith(new) else name
        renamed[name] = (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
    save_file(renamed, weights, {"format": "pt"})
    path = folder / "config.json"
    config = json.loads(path.read_text()) | config_changes
    dtype = config.pop("dtype", "float32")
    config["torch_dtype"] = "float16" if half else dtype
    removed = {key for key, value in config_changes.items() if value is ...}
    kept = {key: value for key, value in sorted(config.items()) if key not in removed}
    path.write_text(json.dumps(kept, indent=2) + "\n")

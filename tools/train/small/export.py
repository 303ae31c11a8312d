"""Write the model as transformers' CSM has it, `config.json` + `model.safetensors` (F16), and a golden file beside it."""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common import exports

from data import Stretch, TokenRecordings, batch_of
from model import SmallModel, load_weights
from small_config import SmallConfig

MAX_BYTES = 30_000_000


def load_model(folder: Path, config: SmallConfig) -> SmallModel:
    """Load an export; computation is in F32 from the F16 weights."""
    model = SmallModel(config)
    load_weights(model, folder)
    return model.eval()


@torch.no_grad()
def save_golden(model: SmallModel, prompt: Stretch, path: Path, logit_steps: int = 5) -> None:
    """For other implementations: rows [S, columns] that are read one by one, what is then said [S, columns], and the logits
    [logit_steps, columns, vocabulary] of the last steps, each column's after those before it were said.
    """
    batch = batch_of([prompt], model.config.delay_steps, model.config.initial_id, model.config.end_id)
    first = model.config.delay_steps  # from here on a step says all columns
    hidden, said = model.hidden(batch.inputs)[0], batch.targets[0]
    logits = torch.cat([model.unit_logits(hidden[first:])[:, None], model.code_logits(hidden[first:], said[first:])], 1)
    save_file({"rows": batch.inputs[0].to(torch.int32), "said": said.to(torch.int32), "logits": logits[-logit_steps:].contiguous()}, path)


def export(model: SmallModel, config: SmallConfig, folder: Path, recordings: TokenRecordings) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    exports.save_half(model.export_state(), folder / "model.safetensors", MAX_BYTES)
    (folder / "config.json").write_text(json.dumps(config.exported(), indent=1) + "\n")
    prompt = recordings.stretch(recordings.held_out[0], 0, 0, 60)
    save_golden(load_model(folder, config), Stretch(prompt.frames, False), folder / "golden.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)


BUNDLED = ("@speech-tokens/slm-runtime", "install-small")  # which package ships it, and its script that takes it over


def install(source: Path, card: Path) -> None:
    """Make an export the model that packages/slm-runtime ships, with `card` as its model card."""
    exports.install(source, card, *BUNDLED)


if __name__ == "__main__":
    exports.install_from_command_line("small speech language model", *BUNDLED)

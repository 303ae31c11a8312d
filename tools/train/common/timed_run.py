"""A training run whose schedule follows the wall time: it resumes, logs, and leaves well when it is stopped."""

import argparse
import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

LONGEST_STEP_SECONDS = 15  # a process that was stopped meanwhile has not trained


class TimedRun:
    """What a run folder holds of the state: `checkpoint.pt` and `log.jsonl`. `parts` have a `state_dict` each."""

    def __init__(self, folder: Path, minutes: float, parts: dict[str, object], random: torch.Generator):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.seconds, self.parts, self.random = folder, minutes * 60, parts, random
        self.step, self.elapsed = 0, 0.0
        self.terms: dict[str, float] = {}
        self.interrupted = False

    def progress(self) -> float:
        return min(1.0, self.elapsed / self.seconds)

    def learning_rate(self, peak: float, warmup_steps: int) -> float:
        cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * self.progress()))
        return peak * cosine * min(1.0, (self.step + 1) / warmup_steps)

    def start_step(self, optimizer: torch.optim.Optimizer, peak: float, warmup_steps: int) -> float:
        """Sets the learning rate of the step, which is returned, and forgets the gradients of the last one."""
        rate = self.learning_rate(peak, warmup_steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        return rate

    @torch.no_grad()
    def follow(self, average: torch.nn.Module, model: torch.nn.Module, decay: float) -> float:
        """Moves averaged weights towards those of a model by a share, which is returned: larger in the first steps."""
        share = 1 - min(decay, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), share)
        return share

    def save(self) -> None:
        state = {name: part.state_dict() for name, part in self.parts.items()}
        state |= {"random": self.random.get_state(), "torch_random": torch.get_rng_state(), "step": self.step, "elapsed": self.elapsed}
        torch.save(state, self.folder / "checkpoint.tmp")
        os.replace(self.folder / "checkpoint.tmp", self.folder / "checkpoint.pt")

    def resume(self) -> bool:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True)
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        self.random.set_state(state["random"])
        torch.set_rng_state(state["torch_random"])
        self.step, self.elapsed = state["step"], state["elapsed"]
        return True

    def begin(self, args: argparse.Namespace, data: str) -> bool:
        """Goes on from a checkpoint, where there is one: whether it did. Logs what is trained on, and how."""
        resumed = self.resume()
        self.log(resumed=resumed, data=data, arguments={name: str(value) for name, value in vars(args).items()})
        return resumed

    def log(self, **values) -> None:
        line = json.dumps({"minute": round(self.elapsed / 60, 2), "step": self.step, **values})
        print(line, flush=True)
        with open(self.folder / "log.jsonl", "a") as file:
            file.write(line + "\n")

    def train(self, one_step: Callable[[], dict[str, float]], validate: Callable[[], dict],
              log_steps: int, save_minutes: float, validate_minutes: float) -> None:
        """Steps until the planned time is over. SIGTERM lets the step end, saves, and leaves; the same command resumes."""
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "interrupted", True))
        saved = validated = self.elapsed
        while self.elapsed < self.seconds:
            start = time.monotonic()
            for name, value in one_step().items():
                self.terms[name] = 0.98 * self.terms.get(name, value) + 0.02 * value
            self.step += 1
            self.elapsed += min(time.monotonic() - start, LONGEST_STEP_SECONDS)
            if self.interrupted:
                self.save()
                sys.exit("interrupted; the checkpoint is saved")
            if self.step % log_steps == 0:
                self.log(**{name: round(value, 4) for name, value in self.terms.items()})
            if self.elapsed - saved > save_minutes * 60:
                self.save()
                saved = self.elapsed
            if self.elapsed - validated > validate_minutes * 60:
                self.log(validation=validate())
                validated = self.elapsed
        self.save()
        self.log(validation=validate())

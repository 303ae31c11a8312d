"""One iteration of HuBERT-style training: predict the clusters of masked rows. The schedule follows the wall time.

Beside the clusters, the values that were clustered are guessed: a richer target, from which a short training learns more.

Source: Hsu et al., "HuBERT", 2021.
"""

import argparse
import copy
import json
import math
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from augment import perturb
from data import RATE, Spectra
from features import ROW_HOP, normalise, rows
from model import Predictor, random_mask, small_config


LONGEST_STEP = 15.0  # seconds: what a step takes longer, because the process was stopped, is not counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("training")
    group.add_argument("--threads", type=int, default=2)
    group.add_argument("--seed", type=int, default=1)
    group.add_argument("--layers", type=int, default=4)
    group.add_argument("--batch", type=int, default=4, help="crops per step; each thread does steps of its own")
    group.add_argument("--crop-seconds", type=float, default=4.0)
    group.add_argument("--learning-rate", type=float, default=2e-3)
    group.add_argument("--warmup-steps", type=int, default=100)
    group.add_argument("--unmasked-weight", type=float, default=0.5, help="of rows that the encoder saw, against masked ones")
    group.add_argument("--value-weight", type=float, default=1.0, help="of the guess of what was clustered, against the clusters")
    group.add_argument("--phone-weight", type=float, default=1.0, help="of phones, where they are known, against the clusters")
    group.add_argument("--average", type=float, default=0.997, help="decay of the moving average that is used")
    group.add_argument("--checkpoint-minutes", type=float, default=4)


class Trainer:
    """Trains on `targets` [all rows, heads] and `values` [all rows, width] for so many minutes in `run`.

    The first `clusters` heads share one weight; a further one is for phones. A target of -1 is not known. Training starts
    from the state of an encoder where one is given.
    """

    def __init__(self, args: argparse.Namespace, run: Path, spectra: Spectra, targets: np.ndarray, values: np.ndarray,
                 clusters: int, minutes: float, start: dict | None = None):
        torch.manual_seed(args.seed)
        run.mkdir(parents=True, exist_ok=True)
        self.args, self.run, self.spectra, self.minutes = args, run, spectra, minutes
        self.targets, self.values = targets, values
        self.scale = 1 / float(np.std(values[:: max(1, len(values) // 50_000)].astype(np.float32)))
        counts = [int(count) + 1 for count in targets.max(0)]
        self.head_weights = [1 / clusters] * clusters + [args.phone_weight] * (len(counts) - clusters)
        self.model = Predictor(small_config(args.layers), counts, values.shape[1])
        if start is not None:
            self.model.encoder.load_state_dict(start)
        self.average = copy.deepcopy(self.model).eval()
        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        others = [p for p in self.model.parameters() if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=args.learning_rate, betas=(0.9, 0.98), fused=True)
        self.random = torch.Generator().manual_seed(args.seed)
        self.rows = round(args.crop_seconds * RATE / ROW_HOP)
        self.lock = threading.Lock()
        self.step, self.elapsed, self.interrupted = 0, 0.0, False
        self.terms: dict[str, float] = {}

    # -- state -----------------------------------------------------------------

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(), "average": self.average.state_dict(), "optimizer": self.optimizer.state_dict(),
            "random": self.random.get_state(), "step": self.step, "elapsed": self.elapsed,
        }
        temporary = self.run / "checkpoint.tmp"
        torch.save(state, temporary)
        os.replace(temporary, self.run / "checkpoint.pt")
        self.saved = self.elapsed

    def resume(self) -> bool:
        path = self.run / "checkpoint.pt"
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.random.set_state(state["random"])
        self.step, self.elapsed = state["step"], state["elapsed"]
        return True

    # -- one step --------------------------------------------------------------

    def learning_rate(self) -> float:
        progress = min(1.0, self.elapsed / (self.minutes * 60))
        cosine = 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * progress))
        return self.args.learning_rate * cosine * min(1.0, (self.step + 1) / self.args.warmup_steps)

    def work(self) -> None:
        """Steps until the planned time is over: gradients from a copy of the weights, which are then updated.

        Every thread does steps of its own and waits for no other one. With barriers between them, threads spend most of
        their time waiting on a busy machine. A gradient may be late by as many steps as there are other threads.
        """
        torch.set_num_threads(1)
        replica, random = copy.deepcopy(self.model), torch.Generator()
        parameters, own = list(self.model.parameters()), list(replica.parameters())
        while True:
            with self.lock:
                if self.interrupted or self.elapsed >= self.minutes * 60:
                    return
                torch._foreach_copy_([p.data for p in own], [p.data for p in parameters])
                random.manual_seed(int(torch.randint(2**62, (), generator=self.random)))
            replica.zero_grad(set_to_none=True)
            terms = self.gradients(replica, random)
            with self.lock:
                for parameter, source in zip(parameters, own):
                    parameter.grad = source.grad
                self.update(terms)

    def update(self, terms: dict[str, float]) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        if math.isfinite(float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), 2.0))):
            self.optimizer.step()
            decay = min(self.args.average, (1 + self.step) / (10 + self.step))
            with torch.no_grad():
                torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - decay)
        for name, value in terms.items():
            self.terms[name] = 0.98 * self.terms.get(name, value) + 0.02 * value
        self.step += 1
        now = time.monotonic()
        self.elapsed += min(now - self.updated, LONGEST_STEP)
        self.updated = now
        if self.step % 100 == 0:
            self.log(rate=round(self.learning_rate(), 6), **{k: round(v, 3) for k, v in self.terms.items()})
        if self.elapsed - self.saved > self.args.checkpoint_minutes * 60:
            self.save()

    def gradients(self, model: Predictor, random: torch.Generator) -> dict[str, float]:
        """Forward and backward on a batch; returns the terms of the loss."""
        items = self.args.batch
        frames, labels, values = self.spectra.batch(items, self.rows, self.targets, self.values, random)
        x = rows(normalise(perturb(frames, random)))
        mask = random_mask(items, self.rows, random)
        with torch.autocast("cpu", torch.bfloat16):
            logits, guess = model(x, mask)
        errors = (guess.float() - values * self.scale).square().mean(-1)
        masked, seen = errors[mask].mean(), errors[~mask].mean()
        loss = self.args.value_weight * (masked + self.args.unmasked_weight * seen)
        terms = {"masked_values": float(masked.detach()), "seen_values": float(seen.detach())}
        for number, scores in enumerate(logits):
            wanted = labels[..., number]
            known = wanted >= 0
            hidden, open_ = mask & known, ~mask & known
            if not (bool(hidden.any()) and bool(open_.any())):
                continue
            losses = F.cross_entropy(scores.float().transpose(1, 2), wanted, reduction="none", ignore_index=-1)
            masked, seen = losses[hidden].mean(), losses[open_].mean()
            loss = loss + self.head_weights[number] * (masked + self.args.unmasked_weight * seen)
            right = (scores.argmax(-1) == wanted).float()
            terms.update({f"masked_{number}": float(masked.detach()), f"seen_{number}": float(seen.detach()),
                          f"right_masked_{number}": float(right[hidden].mean()), f"right_seen_{number}": float(right[open_].mean())})
        loss.backward()
        return terms

    # -- the run ---------------------------------------------------------------

    def interrupt(self, *_) -> None:
        """On SIGTERM: finish the step, save, leave. The same command resumes."""
        self.interrupted = True

    def log(self, **values) -> None:
        line = json.dumps({"minute": round(self.elapsed / 60, 2), "step": self.step, **values})
        print(line, flush=True)
        with open(self.run / "log.jsonl", "a") as file:
            file.write(line + "\n")

    def train(self) -> dict:
        """Train until the planned time is over; returns the state of the averaged encoder."""
        torch.set_num_threads(1)
        self.log(resumed=self.resume(), data=self.spectra.summary(), minutes=self.minutes)
        self.saved, self.updated = self.elapsed, time.monotonic()
        signal.signal(signal.SIGTERM, self.interrupt)
        with ThreadPoolExecutor(self.args.threads) as pool:
            for worker in [pool.submit(self.work) for _ in range(self.args.threads)]:
                worker.result()
        self.save()
        if self.interrupted:
            sys.exit("interrupted; the checkpoint is saved")
        return self.average.encoder.state_dict()

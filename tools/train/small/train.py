"""Train the model. The schedule follows the wall time, so a run anneals fully in `--minutes`."""

import argparse
import copy
import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.timed_run import TimedRun

from data import Batch, TokenRecordings, batch_of
from model import SmallModel, load_weights
from small_config import SmallConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("training")
    group.add_argument("--minutes", type=float, default=60, help="planned wall time of training, over all resumed parts")
    group.add_argument("--config", type=Path, help="JSON file with other sizes")
    group.add_argument("--start-from", type=Path, metavar="EXPORT", help="go on from an exported model of other units, but the same codec")
    group.add_argument("--threads", type=int, default=2)
    group.add_argument("--bfloat16", action="store_true", help="products of matrices in it, where the CPU has them")
    group.add_argument("--seed", type=int, default=1)
    group.add_argument("--batch-steps", type=int, default=4000, help="steps of the model in a step of training")
    group.add_argument("--longest-steps", type=int, default=640, help="of one stretch of a recording")
    group.add_argument("--shortest-steps", type=int, default=50)
    group.add_argument("--depth-share", type=float, default=0.25, help="of the steps whose codes are trained on each time")
    group.add_argument("--learning-rate", type=float, default=2e-3)
    group.add_argument("--warmup-steps", type=int, default=100)
    group.add_argument("--dropout", type=float, default=0.1)
    group.add_argument("--hidden-inputs", type=float, default=0.1, help="share of the ids read that are not seen")
    group.add_argument("--average", type=float, default=0.998, help="decay of the exported moving average")
    group.add_argument("--validate-minutes", type=float, default=5)
    group.add_argument("--save-minutes", type=float, default=5)


class Trainer:
    def __init__(self, args: argparse.Namespace, run: Path, recordings: TokenRecordings, config: SmallConfig):
        torch.manual_seed(args.seed)
        torch.set_num_threads(args.threads)
        self.args, self.recordings, self.config = args, recordings, config
        self.model = SmallModel(config, args.dropout)
        if args.start_from:
            self.start_from(args.start_from)
        self.average = copy.deepcopy(self.model).eval()
        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        others = [p for p in self.model.parameters() if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=args.learning_rate, betas=(0.9, 0.98), fused=True)
        random = torch.Generator().manual_seed(args.seed)
        self.batches = recordings.batches(args.batch_steps, args.longest_steps, args.shortest_steps, random)
        self.run = TimedRun(run, args.minutes, {"model": self.model, "average": self.average, "optimizer": self.optimizer}, random)

    @torch.no_grad()
    def start_from(self, folder: Path) -> None:
        """Take over an export but for what it knows of units: their rows of the table and of the head stay as they were drawn."""
        codec_space = json.loads((folder / "config.json").read_text())["speech_tokens"]["codec_space"]
        if codec_space != self.config.codec_space:
            raise ValueError(f"{folder} has codes of {codec_space}, wanted {self.config.codec_space}")
        rows = [self.model.table.weight[: self.config.unit_count], self.model.head.weight[: self.config.unit_count]]
        drawn = [part.clone() for part in rows]
        load_weights(self.model, folder)
        for part, value in zip(rows, drawn):
            part.copy_(value)

    def batch(self, stretches: list) -> Batch:
        return batch_of(stretches, self.config.delay_steps, self.config.initial_id, self.config.end_id)

    def one_step(self) -> dict[str, float]:
        args = self.args
        self.run.start_step(self.optimizer, args.learning_rate, args.warmup_steps)
        self.model.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bfloat16):
            unit, codes = losses(self.model, self.batch(next(self.batches)), args.depth_share, args.hidden_inputs)
        (unit + codes.mean()).backward()
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0))
        if math.isfinite(norm):
            self.optimizer.step()
            self.run.follow(self.average, self.model, args.average)
        return {"unit": float(unit.detach()), **{f"code_{k}": float(c) for k, c in enumerate(codes.detach())}, "norm": norm}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Cross-entropies in nats on the held-out recordings, as they are played."""
        totals, weight = torch.zeros(1 + self.config.codebook_count), 0
        for file in self.recordings.held_out:
            stretch = self.recordings.stretch(file, 0, 0, self.config.context_steps - self.config.delay_steps - 1)
            unit, codes = losses(self.average, self.batch([stretch]), 1.0, 0.0)
            totals += len(stretch.frames) * torch.cat([unit[None], codes])
            weight += len(stretch.frames)
        return {name: round(float(value) / weight, 4) for name, value in zip(["unit", *(f"code_{k}" for k in range(99))], totals)}

    def train(self) -> SmallModel:
        """Train until the planned time is over; returns the averaged model."""
        args, run = self.args, self.run
        run.begin(args, self.recordings.summary())
        run.train(self.one_step, self.validate, 50, args.save_minutes, args.validate_minutes)
        return self.average


def losses(model: SmallModel, batch: Batch, depth_share: float, hidden_inputs: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Cross-entropies in nats: of the units, and of each codebook [codebooks] at a share of the steps."""
    hidden = model.hidden(batch.inputs, hidden_inputs)
    scores = model.unit_logits(hidden).float()
    unit = F.cross_entropy(scores.flatten(0, 1), batch.targets[..., 0].flatten(), ignore_index=-1)
    places = (batch.targets[..., 1:] >= 0).all(-1).flatten().nonzero()[:, 0]
    if depth_share < 1:
        places = places[torch.rand(len(places)) < depth_share]
    said = batch.targets.flatten(0, 1)[places]
    said = torch.where(said < 0, model.config.end_id, said)  # the unit after the last one
    logits = model.code_logits(hidden.flatten(0, 1)[places], said).float()
    codes = F.cross_entropy(logits.transpose(1, 2), said[:, 1:], reduction="none").mean(0)
    return unit, codes

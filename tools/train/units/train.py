"""One iteration of HuBERT-style training: predict the clusters of masked rows. The schedule follows the wall time.

Beside the clusters, the values that were clustered are guessed: a richer target, from which a short training learns more.
Where phones are known, they are learned too, at all rows.

Source: Hsu et al., "HuBERT", 2021.
"""

import argparse
import copy
import math
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.timed_run import TimedRun

from augment import hide_bands, perturb
from data import RATE, Spectra
from features import ROW_HOP, normalise, rows
from model import Predictor, random_mask, small_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("training")
    group.add_argument("--threads", type=int, default=2)
    group.add_argument("--bfloat16", action="store_true", help="products of matrices in it, where the CPU has them")
    group.add_argument("--seed", type=int, default=1)
    group.add_argument("--layers", type=int, default=4)
    group.add_argument("--batch", type=int, default=4, help="crops per step")
    group.add_argument("--crop-seconds", type=float, default=4.0)
    group.add_argument("--learning-rate", type=float, default=2e-3)
    group.add_argument("--warmup-steps", type=int, default=100)
    group.add_argument("--dropout", type=float, default=0.0, help="share of the values inside the feed-forward parts")
    group.add_argument("--unmasked-weight", type=float, default=0.5, help="of rows that the encoder saw, against masked ones")
    group.add_argument("--value-weight", type=float, default=1.0, help="of the guess of what was clustered, against the clusters")
    group.add_argument("--phone-weight", type=float, default=1.0, help="of phones, where they are known, against the clusters")
    group.add_argument("--stretch-reach", type=float, default=0.0, help="crops are said up to exp(this) times as fast or slow")
    group.add_argument("--warp-reach", type=float, default=0.14, help="frequencies are multiplied by up to exp(this)")
    group.add_argument("--hidden-bands", type=int, default=0, help="two stretches of up to so many of the 80 bands are hidden in each crop")
    group.add_argument("--average", type=float, default=0.997, help="decay of the moving average that is used")
    group.add_argument("--validate-minutes", type=float, default=5)
    group.add_argument("--save-minutes", type=float, default=4)


class Trainer:
    """Trains on `targets` [all rows, heads] and `values` [all rows, width] for so many minutes in `folder`.

    The first `clusters` heads share one weight; a further one is for phones. A target of -1 is not known. Training starts
    from the state of an encoder where one is given.
    """

    def __init__(self, args: argparse.Namespace, folder: Path, spectra: Spectra, targets: np.ndarray, values: np.ndarray,
                 clusters: int, minutes: float, start: dict | None = None):
        torch.manual_seed(args.seed)
        torch.set_num_threads(args.threads)
        self.args, self.spectra, self.targets, self.values = args, spectra, targets, values
        self.scale = 1 / float(np.std(values[:: max(1, len(values) // 50_000)].astype(np.float32)))
        counts = [int(count) + 1 for count in targets.max(0)]
        self.head_weights = [1 / clusters] * clusters + [args.phone_weight] * (len(counts) - clusters)
        self.knows_phones = len(counts) > clusters
        self.model = Predictor(small_config(args.layers, args.dropout), counts, values.shape[1])
        if start is not None:
            self.model.encoder.load_state_dict(start)
        self.average = copy.deepcopy(self.model).eval()
        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        others = [p for p in self.model.parameters() if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=args.learning_rate, betas=(0.9, 0.98), fused=True)
        self.random = torch.Generator().manual_seed(args.seed)
        self.rows = round(args.crop_seconds * RATE / ROW_HOP)
        parts = {"model": self.model, "average": self.average, "optimizer": self.optimizer}
        self.run = TimedRun(folder, minutes, parts, self.random)

    def one_step(self) -> dict[str, float]:
        self.run.start_step(self.optimizer, self.args.learning_rate, self.args.warmup_steps)
        self.model.train()
        loss, terms = self.losses()
        loss.backward()
        if math.isfinite(float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), 2.0))):
            self.optimizer.step()
            self.run.follow(self.average, self.model, self.args.average)
        return terms

    def losses(self) -> tuple[torch.Tensor, dict[str, float]]:
        """The loss of a batch, and its terms."""
        args, random = self.args, self.random
        batch = self.spectra.batch(args.batch, self.rows, self.targets, self.values, random, args.stretch_reach)
        frames, labels, values = batch
        x = rows(hide_bands(normalise(perturb(frames, random, args.warp_reach)), args.hidden_bands, random))
        mask = random_mask(args.batch, self.rows, random)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bfloat16):
            logits, guess = self.model(x, mask)
        errors = (guess.float() - values * self.scale).square().mean(-1)
        masked, seen = errors[mask].mean(), errors[~mask].mean()
        loss = args.value_weight * (masked + args.unmasked_weight * seen)
        terms = {"masked_values": float(masked.detach()), "seen_values": float(seen.detach())}
        for number, scores in enumerate(logits):
            wanted = labels[..., number]
            known = wanted >= 0
            hidden, open_ = mask & known, ~mask & known
            if not (bool(hidden.any()) and bool(open_.any())):
                continue
            losses = F.cross_entropy(scores.float().transpose(1, 2), wanted, reduction="none", ignore_index=-1)
            masked, seen = losses[hidden].mean(), losses[open_].mean()
            loss = loss + self.head_weights[number] * (masked + args.unmasked_weight * seen)
            right = (scores.argmax(-1) == wanted).float()
            terms.update({f"masked_{number}": float(masked.detach()), f"seen_{number}": float(seen.detach()),
                          f"right_masked_{number}": float(right[hidden].mean()), f"right_seen_{number}": float(right[open_].mean())})
        return loss, terms

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """The share of known phones that the averaged weights name in held-out recordings as they are, by source."""
        right, known = Counter(), Counter()
        for file in (f for f in self.spectra.files if f["validation"] and self.knows_phones):
            wanted = torch.from_numpy(self.targets[file["first_row"] : file["first_row"] + file["rows"], -1].astype(np.int64))
            if (wanted >= 0).any():
                x = rows(normalise(self.spectra.of(file)))[None]
                logits, _ = self.average(x, torch.zeros(x.shape[:2], dtype=torch.bool))
                name = self.spectra.names[file["source"]]
                right[name] += int((logits[-1][0].argmax(-1) == wanted)[wanted >= 0].sum())
                known[name] += int((wanted >= 0).sum())
        return {name: round(right[name] / known[name], 4) for name in known}

    def train(self) -> dict:
        """Train until the planned time is over; returns the state of the averaged encoder."""
        args, run = self.args, self.run
        run.begin(args, self.spectra.summary())
        run.train(self.one_step, self.validate, 100, args.save_minutes, args.validate_minutes)
        return self.average.encoder.state_dict()

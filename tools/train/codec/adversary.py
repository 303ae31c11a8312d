"""Discriminators that play against a codec or a vocoder in the last share of a run."""

import argparse

import torch
from torch import Tensor

from common.timed_run import TimedRun
from discriminator import Discriminator, discriminator_loss, generator_losses

PEAK_RATE = 4e-4


def add_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--adversarial-share", type=float, default=0.0, help="discriminators play in this last share of the time")
    group.add_argument("--adversarial-items", type=int, default=8, help="crops per step that the discriminators see")
    group.add_argument("--adversarial-seconds", type=float, default=0.5, help="length of what they see of them")
    group.add_argument("--adversarial-weight", type=float, default=0.1)
    group.add_argument("--matching-weight", type=float, default=0.4)


class Adversary:
    """`parts` are what a checkpoint holds; `run` has to be set before the first step."""

    run: TimedRun

    def __init__(self, args: argparse.Namespace, sample_rate_hz: int, workers: int, device: torch.device):
        self.args, self.sample_rate_hz, self.workers = args, sample_rate_hz, workers
        self.discriminator = Discriminator().to(device)
        self.optimizer = torch.optim.AdamW(self.discriminator.parameters(), lr=PEAK_RATE, betas=(0.8, 0.99), weight_decay=0.01, fused=True)
        self.parts = {"discriminator": self.discriminator, "opponent": self.optimizer}

    def progress(self) -> float:
        """How far its part of the run is, from 0 to 1; negative before it."""
        share = self.args.adversarial_share
        return (self.run.progress() - (1 - share)) / share if share > 0 else -1.0

    def begin(self, rate: float) -> None:
        """Before the gradients of a step whose learning rate is `rate`."""
        for group in self.optimizer.param_groups:
            group["lr"] = min(rate, PEAK_RATE)
        self.optimizer.zero_grad(set_to_none=True)

    def play(self, output: Tensor, target: Tensor, terms: dict[str, float]) -> Tensor:
        """Gradients of the discriminators on some crops of [items, samples]; their part of the other's loss."""
        args = self.args
        items = torch.randperm(output.shape[0])[: max(1, args.adversarial_items // self.workers)]
        length = min(round(args.adversarial_seconds * self.sample_rate_hz), output.shape[1])
        start = int(torch.randint(output.shape[1] - length + 1, ()))
        fake = output[items, start : start + length].detach().requires_grad_()
        judged = self.discriminator(target[items, start : start + length])
        loss = discriminator_loss(judged, self.discriminator(fake.detach()))
        (loss / self.workers).backward()
        judged = [(score.detach(), [h.detach() for h in hidden]) for score, hidden in judged]
        adversarial, matching = generator_losses(judged, self.discriminator(fake))
        ramp = min(1.0, 10 * self.progress())  # let the discriminators learn first
        wanted = ramp * (args.adversarial_weight * adversarial + args.matching_weight * matching)
        (slope,) = torch.autograd.grad(wanted, fake)  # with respect to the samples only
        terms.update(discriminator=float(loss.detach()), adversarial=float(adversarial.detach()), matching=float(matching.detach()))
        return (output[items, start : start + length] * slope).sum()

    def step(self) -> None:
        torch.nn.utils.clip_grad_norm_(self.discriminator.parameters(), 5.0)
        self.optimizer.step()

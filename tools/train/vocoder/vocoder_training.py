"""Train the vocoder. The schedule follows the wall time, so a run anneals fully in `--minutes`."""

import argparse
import copy
import json
import math
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from discriminator import Discriminator, discriminator_loss, generator_losses
from losses import ReconstructionLoss
from vocoder_data import Batch, VoicedRecordings
from vocoder_config import VocoderConfig
from vocoder_export import first_voices
from vocoder_model import Vocoder
from vocoder_validation import validate

LONGEST_STEP_SECONDS = 15  # a process that was stopped meanwhile has not trained


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("training")
    group.add_argument("--minutes", type=float, default=60, help="planned wall time of training, over all resumed parts")
    group.add_argument("--config", type=Path, help="config.json with other sizes")
    group.add_argument("--start-from", type=Path, metavar="CHECKPOINT", help="checkpoint of a run with other units")
    group.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    group.add_argument("--threads", type=int, default=2)
    group.add_argument("--bfloat16", action="store_true", help="products of matrices in bfloat16, where a CPU has them")
    group.add_argument("--seed", type=int, default=1)
    group.add_argument("--batch", type=int, default=16, help="crops per step, split over the threads")
    group.add_argument("--crop-frames", type=int, default=64, help="frames of 20 ms")
    group.add_argument("--learning-rate", type=float, default=1.5e-3)
    group.add_argument("--warmup-steps", type=int, default=100)
    group.add_argument("--pitch-weight", type=float, default=1.0)
    group.add_argument("--average", type=float, default=0.995, help="decay of the exported moving average")
    group.add_argument("--adversarial-share", type=float, default=0.0, help="discriminators play in this last share of the time")
    group.add_argument("--adversarial-items", type=int, default=8, help="crops per step that the discriminators see")
    group.add_argument("--adversarial-seconds", type=float, default=0.5, help="length of what they see of them")
    group.add_argument("--adversarial-weight", type=float, default=0.1)
    group.add_argument("--matching-weight", type=float, default=0.4)
    group.add_argument("--validate-minutes", type=float, default=5)
    group.add_argument("--checkpoint-minutes", type=float, default=5)


class Trainer:
    def __init__(self, args: argparse.Namespace, run: Path, recordings: VoicedRecordings, config: VocoderConfig):
        torch.manual_seed(args.seed)
        self.args, self.run, self.recordings, self.config = args, run, recordings, config
        self.device = torch.device(args.device)
        self.workers = args.threads if self.device.type == "cpu" else 1
        self.pool = ThreadPoolExecutor(self.workers, initializer=torch.set_num_threads, initargs=(1,))
        torch.set_num_threads(1)
        self.vocoder = Vocoder(config, recordings.voice_count).to(self.device)
        self.average = copy.deepcopy(self.vocoder).eval()
        # Shorter windows than a hop show nothing that the network decides; phase is no target.
        self.loss = ReconstructionLoss(complex_=0.0, shortest_window=256).to(self.device)
        self.discriminator = Discriminator().to(self.device)
        self.optimizer = self.make_optimizer(self.vocoder, (0.9, 0.98))
        self.opponent = self.make_optimizer(self.discriminator, (0.8, 0.99))
        self.random = torch.Generator().manual_seed(args.seed)
        self.step, self.elapsed, self.adversarial_step = 0, 0.0, 0
        self.terms: dict[str, float] = {}
        self.interrupted = False

    def make_optimizer(self, module: torch.nn.Module, betas: tuple[float, float]) -> torch.optim.Optimizer:
        return torch.optim.AdamW(module.parameters(), lr=self.args.learning_rate, betas=betas, weight_decay=0.01, fused=True)

    # -- state -----------------------------------------------------------------

    def save(self) -> None:
        state = {
            "vocoder": self.vocoder.state_dict(), "average": self.average.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "optimizer": self.optimizer.state_dict(), "opponent": self.opponent.state_dict(),
            "random": self.random.get_state(), "torch_random": torch.get_rng_state(),
            "step": self.step, "elapsed": self.elapsed, "adversarial_step": self.adversarial_step,
        }
        torch.save(state, self.run / "checkpoint.tmp")
        os.replace(self.run / "checkpoint.tmp", self.run / "checkpoint.pt")

    def resume(self) -> bool:
        path = self.run / "checkpoint.pt"
        if not path.exists():
            if self.args.start_from:
                self.start_from(self.args.start_from)
            return False
        state = torch.load(path, map_location=self.device, weights_only=True)
        for name in ("vocoder", "average", "discriminator", "optimizer", "opponent"):
            getattr(self, name).load_state_dict(state[name])
        self.random.set_state(state["random"].cpu())
        torch.set_rng_state(state["torch_random"].cpu())
        for name in ("step", "elapsed", "adversarial_step"):
            setattr(self, name, state[name])
        return True

    def start_from(self, path: Path) -> None:
        """Take over the network of a run with other units of the same recordings, and its voices.

        A unit starts from the mean of what the old units of its frames were, at the old run's largest k.
        """
        old = torch.load(path, map_location="cpu", weights_only=True)["average"]
        before = VoicedRecordings(path.parent / "data", self.config)
        if [f["sha256"] for f in before.files] != [f["sha256"] for f in self.recordings.files]:
            raise ValueError(f"{path.parent} was trained on other recordings")
        largest = max(self.config.unit_counts)
        table, ids = old[f"units.k{largest}"], before.units[largest]
        for k in self.config.unit_counts:
            new = self.recordings.units[k]
            both = (ids >= 0) & (new >= 0)
            sums = torch.zeros(k, table.shape[1]).index_add_(0, new[both], table[ids[both]])
            hits = torch.bincount(new[both], minlength=k)[:, None]
            means = torch.where(hits > 0, sums / hits.clamp_min(1), table[:-1].mean(0))
            old[f"units.k{k}"] = torch.cat([means, table[-1:]])
        self.vocoder.load_state_dict(old)
        self.average.load_state_dict(old)

    # -- one step --------------------------------------------------------------

    def learning_rate(self) -> float:
        progress = min(1.0, self.elapsed / (self.args.minutes * 60))
        cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress))
        return self.args.learning_rate * cosine * min(1.0, (self.step + 1) / self.args.warmup_steps)

    def adversarial(self) -> bool:
        return self.elapsed >= (1 - self.args.adversarial_share) * self.args.minutes * 60

    def train_step(self) -> None:
        args, rate, playing = self.args, self.learning_rate(), self.adversarial()
        for optimizer in (self.optimizer, self.opponent):
            for group in optimizer.param_groups:
                group["lr"] = rate if optimizer is self.optimizer else min(rate, 4e-4)
            optimizer.zero_grad(set_to_none=True)
        batch = self.recordings.batch(args.batch, args.crop_frames, self.random)
        columns = [column.to(self.device).chunk(self.workers) for column in
                   (batch.units, batch.voice, batch.samples, batch.log_pitch, batch.voiced)]
        parts = [(Batch(batch.k, *share), playing) for share in zip(*columns)]
        results = list(self.pool.map(lambda part: self.part(*part), parts))
        terms = {name: sum(t[name] for t in results) / len(results) for name in results[0]}
        if playing:
            torch.nn.utils.clip_grad_norm_(self.discriminator.parameters(), 5.0)
            self.opponent.step()
            self.adversarial_step += 1
        terms["norm"] = float(torch.nn.utils.clip_grad_norm_(self.vocoder.parameters(), 2.0))
        if math.isfinite(terms["norm"]):
            self.optimizer.step()
            self.update_average()
        for name, value in terms.items():
            self.terms[name] = value if name not in self.terms else 0.98 * self.terms[name] + 0.02 * value
        self.step += 1

    def part(self, batch: Batch, playing: bool) -> dict[str, float]:
        """Forward and backward on one worker's share of the batch; gradients add up. Returns loss terms.

        The recording's own pitch drives the pulses, so that harmonics lie where they lie in the recording.
        """
        args, delay, hop = self.args, self.config.delay_frames, self.config.spectrum_hop_samples
        bfloat16 = args.bfloat16 or self.device.type == "cuda"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16):
            envelopes, log_pitch = self.vocoder.controls(batch.units, batch.k, batch.voice)
        lead = 2 * delay - 2  # the pitch is two hops ahead of what is heard
        given = F.pad(batch.log_pitch[:, None], (lead, 2), mode="replicate")[:, 0]
        noise = (torch.rand(*given.shape, hop, device=self.device) * 2 - 1) * math.sqrt(3)
        start = torch.randint(self.config.excitation.cycle_steps, (len(given), 1), device=self.device, dtype=torch.int32)
        output = self.vocoder.filter(envelopes, given, noise, start)[:, delay * self.config.hop_samples :]
        total, terms = self.loss(output, batch.samples)
        error = (log_pitch[:, lead : lead + batch.log_pitch.shape[1]] - batch.log_pitch).abs()
        pitch = (error * batch.voiced).sum() / batch.voiced.sum().clamp_min(1)
        terms["pitch"] = float(pitch.detach())
        total = total + args.pitch_weight * pitch
        if playing:
            total = total + self.play(output, batch.samples, terms)
        (total / self.workers).backward()
        return terms

    def play(self, output: Tensor, target: Tensor, terms: dict[str, float]) -> Tensor:
        """Gradients of the discriminators on some crops; their part of the vocoder's loss."""
        args = self.args
        items = torch.randperm(output.shape[0])[: max(1, args.adversarial_items // self.workers)]
        length = min(round(args.adversarial_seconds * self.config.sample_rate_hz), output.shape[1])
        start = int(torch.randint(output.shape[1] - length + 1, ()))
        fake = output[items, start : start + length].detach().requires_grad_()
        judged = self.discriminator(target[items, start : start + length])
        loss = discriminator_loss(judged, self.discriminator(fake.detach()))
        (loss / self.workers).backward()
        judged = [(score.detach(), [h.detach() for h in hidden]) for score, hidden in judged]
        adversarial, matching = generator_losses(judged, self.discriminator(fake))
        ramp = min(1.0, self.adversarial_step / 200)  # let the discriminators learn first
        wanted = ramp * (args.adversarial_weight * adversarial + args.matching_weight * matching)
        (slope,) = torch.autograd.grad(wanted, fake)  # with respect to the samples only
        terms.update(discriminator=float(loss.detach()), adversarial=float(adversarial.detach()), matching=float(matching.detach()))
        return (output[items, start : start + length] * slope).sum()

    @torch.no_grad()
    def update_average(self) -> None:
        decay = min(self.args.average, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(self.average.parameters()), list(self.vocoder.parameters()), 1 - decay)

    # -- the run ---------------------------------------------------------------

    def interrupt(self, *_) -> None:
        """On SIGTERM: finish the step, save, leave. The same command resumes."""
        self.interrupted = True

    def log(self, **values) -> None:
        line = json.dumps({"minute": round(self.elapsed / 60, 2), "step": self.step, **values})
        print(line, flush=True)
        with open(self.run / "log.jsonl", "a") as file:
            file.write(line + "\n")

    def train(self) -> Vocoder:
        """Train until the planned time is over; returns the averaged vocoder with the named voices only."""
        args = self.args
        resumed = self.resume()
        self.log(resumed=resumed, data=self.recordings.summary(), arguments={k: str(v) for k, v in vars(args).items()})
        checkpoint = validation = self.elapsed
        signal.signal(signal.SIGTERM, self.interrupt)
        while self.elapsed < args.minutes * 60:
            start = time.monotonic()
            self.train_step()
            self.elapsed += min(time.monotonic() - start, LONGEST_STEP_SECONDS)
            if self.interrupted:
                self.save()
                sys.exit("interrupted; the checkpoint is saved")
            if self.step % 50 == 0:
                self.log(rate=round(self.learning_rate(), 6), **{k: round(v, 4) for k, v in self.terms.items()})
            if self.elapsed - checkpoint > args.checkpoint_minutes * 60:
                self.save()
                checkpoint = self.elapsed
            if self.elapsed - validation > args.validate_minutes * 60:
                start = time.monotonic()
                self.log(validation=validate(first_voices(self.average), self.recordings))
                self.elapsed += time.monotonic() - start
                validation = self.elapsed
        self.save()
        result = first_voices(self.average)
        self.log(validation=validate(result, self.recordings))
        return result

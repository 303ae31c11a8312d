"""Train the codec. The schedule follows the wall time, so a run anneals fully in `--minutes`."""

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
from torch import Tensor

from config import CodecConfig
from data import Speech
from common.timed_run import LONGEST_STEP_SECONDS  # `data` has made it importable
from discriminator import Discriminator, discriminator_loss, generator_losses
from evaluate import evaluate
from export import export, load_tensors
from losses import ReconstructionLoss
from model import Codec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("training")
    group.add_argument("--minutes", type=float, default=90, help="planned wall time of training, over all resumed parts")
    group.add_argument("--config", type=Path, help="config.json with other sizes")
    group.add_argument("--start-from", type=Path, metavar="EXPORT", help="keep this codec's encoder and codebooks, and train a decoder for them")
    group.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    group.add_argument("--threads", type=int, default=2)
    group.add_argument("--seed", type=int, default=1)
    group.add_argument("--batch", type=int, default=16, help="crops per step, split over the threads")
    group.add_argument("--crop-seconds", type=float, default=1.0)
    group.add_argument("--learning-rate", type=float, default=1.2e-3)
    group.add_argument("--warmup-steps", type=int, default=200)
    group.add_argument("--autoencoder-steps", type=int, default=400, help="first steps without quantisation")
    group.add_argument("--commitment", type=float, default=0.05)
    group.add_argument("--pitch-weight", type=float, default=1.0)
    group.add_argument("--average", type=float, default=0.999, help="decay of the exported moving average")
    group.add_argument("--adversarial-from", type=int, metavar="STEP", help="start the discriminator at this step")
    group.add_argument("--adversarial-share", type=float, default=0.0, help="or: in this last share of the time")
    group.add_argument("--adversarial-items", type=int, default=8, help="crops per step that the discriminator sees")
    group.add_argument("--adversarial-seconds", type=float, default=0.5, help="length of what it sees of them")
    group.add_argument("--adversarial-weight", type=float, default=0.1)
    group.add_argument("--matching-weight", type=float, default=0.4)
    group.add_argument("--evaluate-minutes", type=float, default=10)
    group.add_argument("--checkpoint-minutes", type=float, default=5)
    group.add_argument("--validation-utterances", type=int, default=14)
    group.add_argument("--latest", type=Path, help="folder that receives an export after every evaluation")


class Trainer:
    def __init__(self, args: argparse.Namespace, run: Path, speech: Speech):
        torch.manual_seed(args.seed)
        self.args, self.run, self.speech = args, run, speech
        self.device = torch.device(args.device)
        # One thread per share of the batch needs no barrier after every operation, which
        # costs little on an idle machine and most of the time on a busy one.
        self.workers = args.threads if self.device.type == "cpu" else 1
        self.pool = ThreadPoolExecutor(self.workers, initializer=torch.set_num_threads, initargs=(1,))
        torch.set_num_threads(1)
        self.config = CodecConfig.load(args.config) if args.config else CodecConfig()
        self.codec = Codec(self.config).to(self.device)
        self.decoder_only = args.start_from is not None
        if self.decoder_only:
            self.start_from(args.start_from)
        self.average = copy.deepcopy(self.codec).eval()
        # Shorter windows than a hop show nothing that the decoder decides; phase is no target.
        self.loss = ReconstructionLoss(complex_=0.0, shortest_window=256).to(self.device)
        self.discriminator = Discriminator().to(self.device)
        self.optimizer = self.make_optimizer(self.codec, (0.9, 0.98))
        self.opponent = self.make_optimizer(self.discriminator, (0.8, 0.99))
        self.random = torch.Generator().manual_seed(args.seed)
        self.hop = self.config.hop_samples
        self.samples = round(args.crop_seconds * self.config.sample_rate_hz / self.hop) * self.hop
        self.step, self.elapsed, self.quantised, self.adversarial_step = 0, 0.0, self.decoder_only, 0
        self.latents: list[Tensor] = []
        self.terms: dict[str, float] = {}
        self.interrupted = False
        self.vectors = args.batch * self.samples // self.hop

    def make_optimizer(self, module: torch.nn.Module, betas: tuple[float, float]) -> torch.optim.Optimizer:
        trained = [p for p in module.parameters() if p.requires_grad]
        matrices = [p for p in trained if p.ndim > 1]
        others = [p for p in trained if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=self.args.learning_rate, betas=betas, fused=True)

    def start_from(self, folder: Path) -> None:
        """Take over encoder and codebooks, which stay as they are, and of the decoder what has the same name and shape."""
        theirs, mine = load_tensors(folder), self.codec.state_dict()
        fits = {name: tensor for name, tensor in theirs.items() if name in mine and mine[name].shape == tensor.shape}
        for name in mine:
            if name not in fits and not name.startswith("decoder."):
                raise ValueError(f"{folder} has no {name} of the shape {list(mine[name].shape)}")
        self.codec.load_state_dict({**mine, **fits})
        self.codec.encoder.requires_grad_(False)

    # -- state -----------------------------------------------------------------

    def save(self) -> None:
        state = {
            "codec": self.codec.state_dict(), "average": self.average.state_dict(),
            "quantizer": self.codec.quantizer.training_state(), "discriminator": self.discriminator.state_dict(),
            "optimizer": self.optimizer.state_dict(), "opponent": self.opponent.state_dict(),
            "random": self.random.get_state(), "torch_random": torch.get_rng_state(),
            "step": self.step, "elapsed": self.elapsed, "quantised": self.quantised,
            "adversarial_step": self.adversarial_step, "latents": self.latents,
        }
        temporary = self.run / "checkpoint.tmp"
        torch.save(state, temporary)
        if (self.run / "checkpoint.pt").exists():
            os.replace(self.run / "checkpoint.pt", self.run / "checkpoint-previous.pt")
        os.replace(temporary, self.run / "checkpoint.pt")

    def resume(self) -> bool:
        path = self.run / "checkpoint.pt"
        if not path.exists():
            return False
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.codec.load_state_dict(state["codec"])
        self.average.load_state_dict(state["average"])
        self.codec.quantizer.load_training_state(state["quantizer"])
        self.discriminator.load_state_dict(state["discriminator"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.opponent.load_state_dict(state["opponent"])
        self.random.set_state(state["random"].cpu())
        torch.set_rng_state(state["torch_random"].cpu())
        for name in ("step", "elapsed", "quantised", "adversarial_step", "latents"):
            setattr(self, name, state[name])
        return True

    # -- one step --------------------------------------------------------------

    def learning_rate(self) -> float:
        progress = min(1.0, self.elapsed / (self.args.minutes * 60))
        cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress))
        return self.args.learning_rate * cosine * min(1.0, (self.step + 1) / self.args.warmup_steps)

    def adversarial(self) -> bool:
        args = self.args
        if args.adversarial_from is not None:
            return self.step >= args.adversarial_from
        return self.elapsed >= (1 - args.adversarial_share) * args.minutes * 60

    def train_step(self) -> None:
        args, levels, n = self.args, self.config.codebook_count, self.workers
        if not self.quantised and self.step >= args.autoencoder_steps and self.latents:
            self.codec.quantizer.initialise(torch.cat(self.latents), self.vectors)
            self.average.quantizer.codebooks.copy_(self.codec.quantizer.codebooks)
            self.quantised, self.latents = True, []
        rate, playing = self.learning_rate(), self.quantised and self.adversarial()
        for optimizer in (self.optimizer, self.opponent):
            for group in optimizer.param_groups:
                group["lr"] = rate if optimizer is self.optimizer else min(rate, 4e-4)
            optimizer.zero_grad(set_to_none=True)
        x, pitch = (t.to(self.device) for t in self.speech.batch(args.batch, self.samples + self.hop, self.random))
        counts = torch.randint(1, levels + 1, (args.batch,), generator=self.random)
        counts[torch.rand(args.batch, generator=self.random) < 0.5] = levels
        parts = zip(x.chunk(n), pitch.chunk(n), counts.to(self.device).chunk(n), [playing] * n)
        results = list(self.pool.map(lambda part: self.part(*part), parts))
        terms = {name: sum(t[name] for t, _, _ in results) / n for name in results[0][0]}
        if playing:
            torch.nn.utils.clip_grad_norm_(self.discriminator.parameters(), 5.0)
            self.opponent.step()
            self.adversarial_step += 1
        terms["norm"] = float(torch.nn.utils.clip_grad_norm_(self.codec.parameters(), 2.0))
        if math.isfinite(terms["norm"]):
            self.optimizer.step()
            self.update_average()
        if self.quantised and not self.decoder_only:
            codes, residuals = ([torch.cat(level) for level in zip(*(r[i] for r in results))] for i in (1, 2))
            self.codec.quantizer.update(codes, residuals)
            if self.step % 10 == 0:
                self.codec.quantizer.restart_dead(self.vectors)
        elif not self.quantised:
            self.latents = (self.latents + [r[2][0] for r in results])[-32 * n :]
        for name, value in terms.items():
            self.terms[name] = value if name not in self.terms else 0.98 * self.terms[name] + 0.02 * value
        self.step += 1

    def part(self, x: Tensor, pitch: Tensor, counts: Tensor, playing: bool) -> tuple[dict[str, float], list[Tensor], list[Tensor]]:
        """Forward and backward on one worker's share of the batch; gradients add up.

        The recording's own pitch [B, hops, 2] drives the pulses, so that harmonics lie where they lie in the recording.
        Returns loss terms and, per codebook, codes and residuals (see `ResidualQuantizer`).
        """
        args = self.args
        codes, commitment = [], x.new_zeros(())
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            z = self.codec.encoder(x)[:, :-1]  # the last latent saw no look-ahead
            if self.quantised:
                q, commitment, codes, residuals = self.codec.quantizer(z, counts)
            else:  # a little noise, so that the latents do not rely on tiny differences
                q = z + torch.randn_like(z) * (0.15 * z.detach().std((0, 1)))
                residuals = [z.detach().reshape(-1, z.shape[-1]).float()]
            output, own = self.sound(q, pitch[..., 0])
        # the first hop has fewer overlapping frames than all others
        output, target = output[:, self.hop :], x[:, self.hop : output.shape[1]]
        total, terms = self.loss(output, target)
        error, voiced = (own - pitch[:, : own.shape[1], 0]).abs(), pitch[:, : own.shape[1], 1]
        error = (error * voiced).sum() / voiced.sum().clamp_min(1)
        terms.update(commitment=float(commitment.detach()), pitch=float(error.detach()))
        total = total + args.commitment * commitment + args.pitch_weight * error
        if playing:
            total = total + self.play(output, target, terms)
        (total / self.workers).backward()
        return terms, codes, residuals

    def sound(self, q: Tensor, log_pitch: Tensor) -> tuple[Tensor, Tensor]:
        """Latents [B, T, dim], ln pitch [B, hops] -> samples from the first on, and the decoder's own ln pitch, likewise."""
        decoder, config = self.codec.decoder, self.config.decoder
        envelopes, own = decoder.controls(q)
        hops = own.shape[1]
        # What a hop of the source holds is heard a window later, less a hop; the output lies further behind than that.
        lead = decoder.delay_samples // config.hop_samples - (config.window_samples // config.hop_samples - 1)
        given = torch.nn.functional.pad(log_pitch[:, None], (lead, 0), mode="replicate")[:, 0, :hops]
        noise = (torch.rand(*given.shape, config.hop_samples, device=q.device) * 2 - 1) * math.sqrt(3)
        start = torch.randint(config.excitation.cycle_steps, (len(given), 1), device=q.device, dtype=torch.int32)
        samples = decoder.filter(envelopes, given, noise, start)
        return samples[:, decoder.delay_samples :], own[:, lead:]

    def play(self, output: Tensor, target: Tensor, terms: dict[str, float]) -> Tensor:
        """Gradients of the discriminator on some crops; its part of the codec's loss."""
        args = self.args
        items = torch.randperm(output.shape[0])[: max(1, args.adversarial_items // self.workers)]
        length = min(round(args.adversarial_seconds * self.config.sample_rate_hz), output.shape[1])
        start = int(torch.randint(output.shape[1] - length + 1, ()))
        fake = output[items, start : start + length].detach().requires_grad_()
        real = target[items, start : start + length]
        judged = self.discriminator(real)
        loss = discriminator_loss(judged, self.discriminator(fake.detach()))
        (loss / self.workers).backward()
        judged = [(score.detach(), [h.detach() for h in hidden]) for score, hidden in judged]
        adversarial, matching = generator_losses(judged, self.discriminator(fake))
        ramp = min(1.0, self.adversarial_step / 200)  # let the discriminator learn first
        wanted = ramp * (args.adversarial_weight * adversarial + args.matching_weight * matching)
        (slope,) = torch.autograd.grad(wanted, fake)  # with respect to the samples only
        terms.update(discriminator=float(loss.detach()), adversarial=float(adversarial.detach()), matching=float(matching.detach()))
        return (output[items, start : start + length] * slope).sum()

    @torch.no_grad()
    def update_average(self) -> None:
        decay = min(self.args.average, (1 + self.step) / (10 + self.step))
        mine, other = list(self.average.parameters()), list(self.codec.parameters())
        torch._foreach_lerp_(mine, other, 1 - decay)
        if self.quantised:
            self.average.quantizer.codebooks.lerp_(self.codec.quantizer.codebooks, 1 - decay)

    # -- the run ---------------------------------------------------------------

    def interrupt(self, *_) -> None:
        """On SIGTERM: finish the step, save, leave. The same command resumes."""
        self.interrupted = True

    def log(self, **values) -> None:
        line = json.dumps({"minute": round(self.elapsed / 60, 2), "step": self.step, **values})
        print(line, flush=True)
        with open(self.run / "log.jsonl", "a") as file:
            file.write(line + "\n")

    def evaluate(self, utterances: list[Tensor]) -> None:
        self.log(validation=evaluate(self.average, utterances))
        if self.args.latest:
            export(self.average, self.args.latest, utterances[0][0, : 4 * self.config.sample_rate_hz + 123])

    def train(self) -> Codec:
        """Train until the planned time is over; returns the averaged codec."""
        args = self.args
        resumed = self.resume()
        utterances = self.speech.validation(args.validation_utterances)
        self.log(resumed=resumed, data=self.speech.summary(), arguments={k: str(v) for k, v in vars(args).items()})
        checkpoint = evaluation = self.elapsed
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
            if self.quantised and self.elapsed - evaluation > args.evaluate_minutes * 60:
                start = time.monotonic()
                self.evaluate(utterances)
                self.elapsed += time.monotonic() - start
                evaluation = self.elapsed
        self.save()
        self.evaluate(utterances)
        return self.average

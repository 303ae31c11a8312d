"""Train the codec. The schedule follows the wall time, so a run anneals fully in `--minutes`."""

import argparse
import copy
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor

from config import CodecConfig
from data import Speech
from common.timed_run import TimedRun  # `data` has made it importable

import adversary
from adversary import Adversary
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
    adversary.add_arguments(group)
    group.add_argument("--validate-minutes", type=float, default=10)
    group.add_argument("--save-minutes", type=float, default=5)
    group.add_argument("--validation-utterances", type=int, default=14)
    group.add_argument("--latest", type=Path, help="folder that receives an export after every evaluation")


class Trainer:
    def __init__(self, args: argparse.Namespace, run: Path, speech: Speech):
        torch.manual_seed(args.seed)
        self.args, self.speech = args, speech
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
        self.random = torch.Generator().manual_seed(args.seed)
        self.hop = self.config.hop_samples
        self.samples = round(args.crop_seconds * self.config.sample_rate_hz / self.hop) * self.hop
        self.vectors = args.batch * self.samples // self.hop
        self.quantisation = Quantisation(self.codec, begun=self.decoder_only)
        self.optimizer = self.make_optimizer()
        self.adversary = Adversary(args, self.config.sample_rate_hz, self.workers, self.device)
        parts = {"codec": self.codec, "average": self.average, "optimizer": self.optimizer, "quantisation": self.quantisation,
                 **self.adversary.parts}
        self.run = self.adversary.run = TimedRun(run, args.minutes, parts, self.random)

    def make_optimizer(self) -> torch.optim.Optimizer:
        trained = [p for p in self.codec.parameters() if p.requires_grad]
        matrices = [p for p in trained if p.ndim > 1]
        others = [p for p in trained if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=self.args.learning_rate, betas=(0.9, 0.98), fused=True)

    def start_from(self, folder: Path) -> None:
        """Take over encoder and codebooks, which stay as they are, and of the decoder what has the same name and shape."""
        theirs, mine = load_tensors(folder), self.codec.state_dict()
        fits = {name: tensor for name, tensor in theirs.items() if name in mine and mine[name].shape == tensor.shape}
        for name in mine:
            if name not in fits and not name.startswith("decoder."):
                raise ValueError(f"{folder} has no {name} of the shape {list(mine[name].shape)}")
        self.codec.load_state_dict({**mine, **fits})
        self.codec.encoder.requires_grad_(False)

    def one_step(self) -> dict[str, float]:
        args, levels, n = self.args, self.config.codebook_count, self.workers
        quantisation, step = self.quantisation, self.run.step
        if not quantisation.begun and step >= args.autoencoder_steps and quantisation.latents:
            quantisation.begin(self.vectors)
            self.average.quantizer.codebooks.copy_(self.codec.quantizer.codebooks)
        playing = quantisation.begun and self.adversary.progress() >= 0
        self.adversary.begin(self.run.start_step(self.optimizer, args.learning_rate, args.warmup_steps))
        x, pitch = (t.to(self.device) for t in self.speech.batch(args.batch, self.samples + self.hop, self.random))
        counts = torch.randint(1, levels + 1, (args.batch,), generator=self.random)
        counts[torch.rand(args.batch, generator=self.random) < 0.5] = levels
        parts = zip(x.chunk(n), pitch.chunk(n), counts.to(self.device).chunk(n), [playing] * n)
        results = list(self.pool.map(lambda part: self.part(*part), parts))
        terms = {name: sum(t[name] for t, _, _ in results) / n for name in results[0][0]}
        if playing:
            self.adversary.step()
        terms["norm"] = float(torch.nn.utils.clip_grad_norm_(self.codec.parameters(), 2.0))
        if math.isfinite(terms["norm"]):
            self.optimizer.step()
            self.update_average()
        if quantisation.begun and not self.decoder_only:
            codes, residuals = ([torch.cat(level) for level in zip(*(r[i] for r in results))] for i in (1, 2))
            self.codec.quantizer.update(codes, residuals)
            if step % 10 == 0:
                self.codec.quantizer.restart_dead(self.vectors)
        elif not quantisation.begun:
            quantisation.latents = (quantisation.latents + [r[2][0] for r in results])[-32 * n :]
        return terms

    def part(self, x: Tensor, pitch: Tensor, counts: Tensor, playing: bool) -> tuple[dict[str, float], list[Tensor], list[Tensor]]:
        """Forward and backward on one worker's share of the batch; gradients add up.

        The recording's own pitch [B, hops, 2] drives the pulses, so that harmonics lie where they lie in the recording.
        Returns loss terms and, per codebook, codes and residuals (see `ResidualQuantizer`).
        """
        args = self.args
        codes, commitment = [], x.new_zeros(())
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            z = self.codec.encoder(x)[:, :-1]  # the last latent saw no look-ahead
            if self.quantisation.begun:
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
            total = total + self.adversary.play(output, target, terms)
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

    @torch.no_grad()
    def update_average(self) -> None:
        share = self.run.follow(self.average, self.codec, self.args.average)
        if self.quantisation.begun:
            self.average.quantizer.codebooks.lerp_(self.codec.quantizer.codebooks, share)

    def validate(self, utterances: list[Tensor]) -> dict:
        if not self.quantisation.begun:
            return {}
        if self.args.latest:
            export(self.average, self.args.latest, utterances[0][0, : 4 * self.config.sample_rate_hz + 123])
        return evaluate(self.average, utterances)

    def train(self) -> Codec:
        """Train until the planned time is over; returns the averaged codec."""
        args, run = self.args, self.run
        run.begin(args, self.speech.summary())
        utterances = self.speech.validation(args.validation_utterances)
        run.train(self.one_step, lambda: self.validate(utterances), 50, args.save_minutes, args.validate_minutes)
        return self.average


class Quantisation:
    """Whether it has begun, the latents before that, and what its codebooks follow; a checkpoint holds it."""

    def __init__(self, codec: Codec, begun: bool):
        self.quantizer, self.begun = codec.quantizer, begun
        self.latents: list[Tensor] = []

    def begin(self, vectors: int) -> None:
        self.quantizer.initialise(torch.cat(self.latents), vectors)
        self.begun, self.latents = True, []

    def state_dict(self) -> dict:
        return {"quantizer": self.quantizer.training_state(), "begun": self.begun, "latents": self.latents}

    def load_state_dict(self, state: dict) -> None:
        self.quantizer.load_training_state(state["quantizer"])
        self.begun, self.latents = state["begun"], state["latents"]

"""Train the vocoder. The schedule follows the wall time, so a run anneals fully in `--minutes`."""

import argparse
import copy
import math
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.timed_run import TimedRun

import adversary
from adversary import Adversary
from losses import ReconstructionLoss
from vocoder_data import Batch, VoicedRecordings, read_units
from vocoder_config import VocoderConfig
from vocoder_export import first_voices, load_vocoder
from vocoder_model import Vocoder
from vocoder_validation import validate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("training")
    group.add_argument("--minutes", type=float, default=60, help="planned wall time of training, over all resumed parts")
    group.add_argument("--config", type=Path, help="config.json with other sizes")
    group.add_argument("--start-from", type=Path, metavar="EXPORT", help="go on from an exported vocoder of other units")
    group.add_argument("--start-units", type=Path, metavar="DIR", help="export of the encoder whose units that one has, as --units")
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
    adversary.add_arguments(group)
    group.add_argument("--validate-minutes", type=float, default=5)
    group.add_argument("--save-minutes", type=float, default=5)


class Trainer:
    def __init__(self, args: argparse.Namespace, run: Path, recordings: VoicedRecordings, config: VocoderConfig):
        torch.manual_seed(args.seed)
        self.args, self.recordings, self.config = args, recordings, config
        self.device = torch.device(args.device)
        self.workers = args.threads if self.device.type == "cpu" else 1
        self.pool = ThreadPoolExecutor(self.workers, initializer=torch.set_num_threads, initargs=(1,))
        torch.set_num_threads(1)
        self.vocoder = Vocoder(config, recordings.voice_count).to(self.device)
        self.average = copy.deepcopy(self.vocoder).eval()
        # Shorter windows than a hop show nothing that the network decides; phase is no target.
        self.loss = ReconstructionLoss(complex_=0.0, shortest_window=256).to(self.device)
        self.optimizer = torch.optim.AdamW(self.vocoder.parameters(), lr=args.learning_rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
        self.random = torch.Generator().manual_seed(args.seed)
        self.adversary = Adversary(args, config.sample_rate_hz, self.workers, self.device)
        parts = {"vocoder": self.vocoder, "average": self.average, "optimizer": self.optimizer, **self.adversary.parts}
        self.run = self.adversary.run = TimedRun(run, args.minutes, parts, self.random)

    def start_from(self, folder: Path, old_units: Path) -> None:
        """Take over an exported vocoder of other units, with its voices.

        A unit starts from the mean of what the old units of its frames were, at the largest k.
        """
        before = load_vocoder(folder)
        if before.config.voices != self.config.voices:
            raise ValueError(f"{folder} has the voices {before.config.voices}, wanted {self.config.voices}")
        old = before.state_dict()
        old["voices"] = torch.cat([old["voices"], self.vocoder.voices.detach().cpu()[len(self.config.voices) :]])
        largest = max(self.config.unit_counts)
        table = old[f"units.k{largest}"]
        ids = torch.from_numpy(read_units(old_units, self.recordings.files, [largest])[largest][0]).long()
        for k in self.config.unit_counts:
            new = self.recordings.units[k][0]
            both = (ids >= 0) & (new >= 0)
            sums = torch.zeros(k, table.shape[1]).index_add_(0, new[both], table[ids[both]])
            hits = torch.bincount(new[both], minlength=k)[:, None]
            means = torch.where(hits > 0, sums / hits.clamp_min(1), table[:-1].mean(0))
            old[f"units.k{k}"] = torch.cat([means, table[-1:]])
        self.vocoder.load_state_dict(old)
        self.average.load_state_dict(old)

    # -- one step --------------------------------------------------------------

    def one_step(self) -> dict[str, float]:
        args, playing = self.args, self.adversary.progress() >= 0
        self.adversary.begin(self.run.start_step(self.optimizer, args.learning_rate, args.warmup_steps))
        batch = self.recordings.batch(args.batch, args.crop_frames, self.random)
        columns = [column.to(self.device).chunk(self.workers) for column in
                   (batch.units, batch.voice, batch.samples, batch.log_pitch, batch.voiced)]
        parts = [(Batch(batch.k, *share), playing) for share in zip(*columns)]
        results = list(self.pool.map(lambda part: self.part(*part), parts))
        terms = {name: sum(t[name] for t in results) / len(results) for name in results[0]}
        if playing:
            self.adversary.step()
        terms["norm"] = float(torch.nn.utils.clip_grad_norm_(self.vocoder.parameters(), 2.0))
        if math.isfinite(terms["norm"]):
            self.optimizer.step()
            self.run.follow(self.average, self.vocoder, args.average)
        return terms

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
            total = total + self.adversary.play(output, batch.samples, terms)
        (total / self.workers).backward()
        return terms

    def train(self) -> Vocoder:
        """Train until the planned time is over; returns the averaged vocoder with the named voices only."""
        args, run = self.args, self.run
        resumed = run.begin(args, self.recordings.summary())
        if args.start_from and not resumed:
            self.start_from(args.start_from, args.start_units)
        run.train(self.one_step, lambda: validate(first_voices(self.average), self.recordings), 50,
                  args.save_minutes, args.validate_minutes)
        return first_voices(self.average)

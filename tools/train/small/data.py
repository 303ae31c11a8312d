"""Recordings as the model reads them: a unit and the codec's codes for every 20 ms, made by the project's own command."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from safetensors import safe_open
from scipy.signal import resample_poly
from torch import Tensor

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.recordings import RATE, Recordings, Source, prepare

ROOT = Path(__file__).resolve().parents[3]
HOP = 320


def tokens_of(paths: list[Path], tokenizer: str, codebooks: int, out: Path, jobs: int) -> list[Path]:
    """Token files of recordings, one each, named as they are; those that are there already are kept."""
    out.mkdir(parents=True, exist_ok=True)
    targets = [out / f"{path.stem}.tokens.safetensors" for path in paths]
    missing = [str(path.resolve()) for path, target in zip(paths, targets) if not target.exists()]
    for first in range(0, len(missing), 1000):
        command = ["npm", "run", "-s", "speech-tokens", "--", "tokenize", *missing[first : first + 1000], "--tokenizer", tokenizer]
        command += ["--codebooks", str(codebooks), "--out", str(out.resolve()), "--jobs", str(jobs), "--threads", "1", "--quiet"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return targets


def read_tokens(path: Path) -> tuple[np.ndarray, dict[str, str]]:
    """Ids [codebooks, frames] of a token file, and its metadata."""
    with safe_open(path, "np") as file:
        names = sorted(file.keys())
        return np.stack([file.get_tensor(name) for name in names]), file.metadata()


def frames_of(units: Path, codes: Path) -> np.ndarray:
    """[frames, 1 + codebooks]: both tokenizers, cut to the shorter one, which misses what does not fill a window."""
    both = [read_tokens(path)[0] for path in (units, codes)]
    length = min(ids.shape[1] for ids in both)
    return np.concatenate([ids[:, :length] for ids in both]).T.astype(np.int16)


def prepare_tokens(sources: list[Source], cache: Path, validation_every: int, longest_pause_seconds: float, speeds: list[float],
                   units: str, codec: str, codebooks: int, jobs: int) -> None:
    """Fill `cache`: samples and index as for the codec, and tokens.npy [frames, 1 + codebooks].

    Each entry of the index gets `frames`, a list of [first, count], one for each speed. Only training recordings are
    played at other speeds than their own.
    """
    if (cache / "tokens.npy").exists():
        return
    if not (cache / "index.json").exists():
        prepare(sources, cache, validation_every, longest_pause_seconds=longest_pause_seconds)
    index = json.loads((cache / "index.json").read_text())
    samples = np.load(cache / "samples.npy", mmap_mode="r")
    wav = cache / "wav"
    wav.mkdir(exist_ok=True)
    played: list[Path] = []
    for number, file in enumerate(index["files"]):
        x = samples[file["start"] : file["start"] + file["samples"]].astype(np.float32) / 32768
        file["frames"] = []
        for speed in [1.0] if file["validation"] else speeds:
            path = wav / f"{number:05d}-{round(100 * speed)}.wav"
            played.append(path)
            file["frames"].append(len(played) - 1)
            if not path.exists():
                y = x if speed == 1.0 else resample_poly(x, 100, round(100 * speed))
                soundfile.write(path, np.clip(y, -1, 1), RATE, subtype="PCM_16")
    unit_files = tokens_of(played, units, 1, cache / "units", jobs)
    code_files = tokens_of(played, codec, codebooks, cache / "codes", jobs)
    tables = [frames_of(*pair) for pair in zip(unit_files, code_files)]
    starts = np.cumsum([0] + [len(table) for table in tables])
    for file in index["files"]:
        file["frames"] = [[int(starts[i]), len(tables[i])] for i in file["frames"]]
    index["spaces"] = {"units": space_id(unit_files[0]), "codec": space_id(code_files[0])}
    np.save(cache / "tokens.npy", np.concatenate(tables))
    (cache / "index.json").write_text(json.dumps(index, indent=1) + "\n")


def space_id(path: Path) -> str:
    return json.loads(read_tokens(path)[1]["token_space"])["id"]


@dataclass
class VoicedSource:
    """A folder of recordings. With `is_voice` all are of one voice."""

    source: Source
    is_voice: bool

    @staticmethod
    def parse(text: str) -> "VoicedSource":
        """DIR, DIR=WEIGHT, DIR@voice or DIR=WEIGHT@voice."""
        rest = text.removesuffix("@voice")
        return VoicedSource(Source.parse(rest), rest != text)


@dataclass
class Batch:
    """Steps of the model. inputs and targets [B, S, 1 + codebooks]; a target of -1 is none."""

    inputs: Tensor
    targets: Tensor


@dataclass
class Stretch:
    """frames [n, 1 + codebooks]; `ends`: whether the recording ends with them."""

    frames: Tensor
    ends: bool


def steps_of(stretch: Stretch, delay: int, initial: int, end: int) -> tuple[Tensor, Tensor]:
    """What the model reads and is to say at each step, both [S, 1 + codebooks].

    At step s it says unit s and the codes of frame s - delay, and reads those of the step before; `initial` stands where
    there are none yet. After the last unit it says `end`; then the codes of the last frames follow.
    """
    frames, count = stretch.frames.long(), len(stretch.frames)
    steps = count + delay if stretch.ends else count
    said = torch.full((steps, frames.shape[1]), -1)
    said[:count, 0] = frames[:, 0]
    said[delay:, 1:] = frames[: steps - delay, 1:]
    read = said.clone()
    read[:delay, 1:] = initial
    if stretch.ends:
        said[count, 0] = end
        read[count:, 0] = end
    return torch.cat([torch.full((1, frames.shape[1]), initial), read[:-1]]), said


def batch_of(stretches: list[Stretch], delay: int, initial: int, end: int) -> Batch:
    pairs = [steps_of(stretch, delay, initial, end) for stretch in stretches]
    pad = lambda parts, value: torch.nn.utils.rnn.pad_sequence(parts, batch_first=True, padding_value=value)
    return Batch(pad([inputs for inputs, _ in pairs], initial), pad([targets for _, targets in pairs], -1))


class TokenRecordings(Recordings):
    """Random stretches of recordings for training, and whole held-out ones.

    Recordings of a source that `voices` names are one voice, and follow each other in a stretch: from them the model
    learns to go on after a sentence. The others end where they end.
    """

    def __init__(self, cache: Path, voices: list[bool]):
        super().__init__(cache)
        self.tokens = torch.from_numpy(np.load(cache / "tokens.npy"))
        self.spaces = json.loads((cache / "index.json").read_text())["spaces"]
        self.voices = voices

    def stretch(self, file: dict, speed: int, first: int, most: int) -> Stretch:
        start, count = file["frames"][speed]
        last = min(first + most, count)
        return Stretch(self.tokens[start + first : start + last], last == count)

    def draw(self, most: int, shortest: int, generator: torch.Generator) -> Stretch:
        """A stretch of at most so many frames. Half of them start at the beginning of a recording."""
        file, _ = self.choose(0, generator)
        speed = int(torch.randint(len(file["frames"]), (), generator=generator))
        room = max(file["frames"][speed][1] - shortest, 0)
        first = int(torch.randint(room + 1, (), generator=generator)) if torch.rand((), generator=generator) < 0.5 else 0
        drawn = self.stretch(file, speed, first, most)
        if not self.voices[file["source"]]:
            return drawn
        parts, count = [drawn.frames], len(drawn.frames)
        while count < most:
            following, _ = self.choose_in(file["source"], 0, generator)
            parts.append(self.stretch(following, speed, 0, most - count).frames)
            count += len(parts[-1])
        return Stretch(torch.cat(parts), False)

    def batches(self, steps: int, most: int, shortest: int, generator: torch.Generator):
        """Batches without end, each of about so many steps: stretches of about the same length lie together."""
        while True:
            pool = sorted((self.draw(most, shortest, generator) for _ in range(128)), key=lambda part: len(part.frames))
            groups, group = [], []
            for part in pool:
                if group and (len(group) + 1) * len(part.frames) > steps:
                    groups.append(group)
                    group = []
                group.append(part)
            groups.append(group)
            for i in torch.randperm(len(groups), generator=generator).tolist():
                yield groups[i]

"""Log-mel frames of all recordings, and random crops of them with their targets."""

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.recordings import RATE, SUFFIXES, Recordings, Source, prepare, read

from features import BANDS, HOP, ROW_HOP, STACK, WINDOW, log_mel

__all__ = ["RATE", "SUFFIXES", "Source", "Spectra", "prepare", "read"]


class Spectra(Recordings):
    """Log-mel frames (F16) of a prepared cache; those of a recording lie one after the other, an even number of them."""

    def __init__(self, cache: Path):
        super().__init__(cache)
        self.files = [f for f in self.files if f["samples"] >= WINDOW + (STACK - 1) * HOP]
        for file in self.files:
            file["rows"] = ((file["samples"] - WINDOW) // HOP + 1) // STACK
        starts = np.cumsum([0] + [f["rows"] for f in self.files])
        for number, (file, start) in enumerate(zip(self.files, starts)):
            file["number"], file["first_row"] = number, int(start)
        self.row_count = int(starts[-1])
        path = cache / "log-mel.npy"
        if not path.exists():
            self.write(cache, path)
        self.frames = np.load(path, mmap_mode="r")

    def write(self, cache: Path, path: Path) -> None:
        samples = np.load(cache / "samples.npy", mmap_mode="r")
        frames = np.empty((self.row_count * STACK, BANDS), np.float16)

        def one(file: dict) -> None:
            x = samples[file["start"] : file["start"] + file["samples"]]
            first, count = file["first_row"] * STACK, file["rows"] * STACK
            frames[first : first + count] = log_mel(torch.from_numpy(x / np.float32(32768)))[:count].numpy()

        with ThreadPoolExecutor(2, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            list(pool.map(one, self.files))
        np.save(path, frames)

    def of(self, file: dict) -> Tensor:
        """Log-mel frames [2 * rows, 80] of a recording."""
        first = file["first_row"] * STACK
        return torch.from_numpy(self.frames[first : first + file["rows"] * STACK].astype(np.float32))

    def batch(self, items: int, row_count: int, targets: np.ndarray, values: np.ndarray, generator: torch.Generator,
              stretch_reach: float = 0.0) -> tuple[Tensor, Tensor, Tensor]:
        """Crops of log-mel frames [items, 2 * row_count, 80], with their targets and values [items, row_count, …].

        `targets` [all rows, heads] are numbers of clusters, `values` [all rows, width] what was clustered. Recordings that
        are shorter are joined to others, so that there is no padding. Each piece is said faster or slower, by a factor of
        up to exp(`stretch_reach`): frames lie between those of the recording, targets are those of the nearest row.
        """
        places: list[np.ndarray] = []  # of frames, [pieces][frames] in fractions
        for _ in range(items):
            filled = 0
            while filled < row_count:
                speed = math.exp(stretch_reach * (2 * float(torch.rand((), generator=generator)) - 1))
                file, offset = self.choose(math.ceil(row_count * ROW_HOP * speed), generator)
                at = offset // ROW_HOP
                count = min(int((file["rows"] - at) / speed), row_count - filled)
                first = (file["first_row"] + at) * STACK
                places.append(first + np.minimum(np.arange(count * STACK) * speed, (file["rows"] - at) * STACK - 1))
                filled += count
        where = np.concatenate(places)
        frame, share = where.astype(np.int64), (where % 1).astype(np.float32)[:, None]
        after = np.ceil(where).astype(np.int64)
        frames = (1 - share) * self.frames[frame].astype(np.float32) + share * self.frames[after].astype(np.float32)
        rows = ((where[::STACK] + where[1::STACK]) / 2 / STACK).astype(np.int64)
        shape = (items, row_count, -1)
        return (torch.from_numpy(frames).view(items, row_count * STACK, BANDS),
                torch.from_numpy(targets[rows].astype(np.int64)).view(shape),
                torch.from_numpy(values[rows].astype(np.float32)).view(shape))

"""Pitch of recordings: normalised cross-correlation, and the cheapest path through its candidates."""

import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly, firwin, lfilter

RATE = 16000
HOP = 160  # samples between values
DIVISOR = 2  # correlation runs at 8 kHz, on what lies below about 1.2 kHz
SHORTEST, LONGEST = 20, 133  # lags: 400 to 60 Hz
WINDOW = 240  # samples that are compared: 30 ms
UNVOICED_COST, SWITCH_COST, OCTAVE_COST, LONG_COST = 0.45, 0.15, 1.2, 0.12


def correlations(x: np.ndarray) -> np.ndarray:
    """Samples [N] at 16 kHz -> normalised cross-correlation [ceil(N / 160), lags], around the middle of each hop."""
    taps = firwin(65, 1200, fs=RATE)
    low = lfilter(taps, 1, np.concatenate([x, np.zeros(32)]))[32:]
    low = resample_poly(low, 1, DIVISOR)
    hop, span = HOP // DIVISOR, WINDOW + LONGEST
    count = -(-len(x) // HOP)
    before = span // 2 - hop // 2
    low = np.pad(low, (before, span + hop)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(low, span)[::hop][:count]
    frames = frames - frames.mean(1, keepdims=True)
    size = 512
    cross = np.fft.irfft(np.fft.rfft(frames, size) * np.conj(np.fft.rfft(frames[:, :WINDOW], size)), size)[:, : LONGEST + 1]
    sums = np.pad(np.cumsum(frames.astype(np.float64) ** 2, 1), ((0, 0), (1, 0)))
    energy = sums[:, WINDOW:] - sums[:, : LONGEST + 1]
    floor = 1e-6 * WINDOW
    return (cross / np.sqrt((energy[:, :1] + floor) * (energy + floor)))[:, SHORTEST : LONGEST + 1]


def cheapest_path(costs: np.ndarray, switching: np.ndarray) -> np.ndarray:
    """Costs [frames, states], switching [from, to] -> states [frames]."""
    total, back = costs[0].copy(), np.zeros(costs.shape, np.int16)
    for t in range(1, len(costs)):
        options = total[:, None] + switching
        back[t] = options.argmin(0)
        total = options[back[t], np.arange(costs.shape[1])] + costs[t]
    path = np.empty(len(costs), np.int64)
    path[-1] = total.argmin()
    for t in range(len(costs) - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


LAGS = np.arange(SHORTEST, LONGEST + 1)
STATES = LAGS[::2]  # of pairs of neighbouring lags the path takes the better one


def switching_costs() -> np.ndarray:
    count = len(STATES)
    costs = np.full((count + 1, count + 1), SWITCH_COST, np.float32)
    costs[:count, :count] = OCTAVE_COST * np.abs(np.log2(STATES[:, None] / STATES[None]))
    costs[count, count] = 0
    return costs


SWITCHING = switching_costs()


def track(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Samples [N] -> ln of the pitch in Hz, interpolated where there is none, and whether there is one: [ceil(N / 160)]."""
    r = correlations(x)
    cost = 1 - r + LONG_COST * LAGS / LONGEST
    pairs = cost.reshape(len(cost), -1, 2)
    costs = np.concatenate([pairs.min(2), np.full((len(cost), 1), UNVOICED_COST + 0.0)], 1)
    path = cheapest_path(costs.astype(np.float32), SWITCHING)
    voiced = path < len(STATES)
    log_pitch = np.full(len(path), np.log(150.0), np.float32)
    if not voiced.any():
        return log_pitch, voiced
    rows = np.flatnonzero(voiced)
    best = 2 * path[rows] + pairs[rows, path[rows]].argmin(1)
    inner = np.clip(best, 1, len(LAGS) - 2)
    a, b, c = (r[rows, inner + d] for d in (-1, 0, 1))
    curve = a - 2 * b + c
    offset = np.where((best == inner) & (curve < -1e-6), 0.5 * (a - c) / np.minimum(curve, -1e-6), 0)
    lags = LAGS[best] + np.clip(offset, -0.5, 0.5)
    known = np.log(RATE / DIVISOR / lags)
    return np.interp(np.arange(len(path)), rows, known).astype(np.float32), voiced


def pitch_starts(files: list[dict]) -> np.ndarray:
    """The first row of each recording in the table of pitch. A recording has two rows for each 20 ms begun."""
    return np.cumsum([0] + [2 * -(-f["samples"] // (2 * HOP)) for f in files])


def prepare_pitch(cache: Path) -> None:
    """Write `cache`/pitch.npy, where it is not there yet: ln of the pitch in Hz, and whether there is one [rows, 2]."""
    if (cache / "pitch.npy").exists():
        return
    files = json.loads((cache / "index.json").read_text())["files"]
    samples = np.load(cache / "samples.npy", mmap_mode="r")
    waves = (samples[f["start"] : f["start"] + f["samples"]].astype(np.float32) / 32768 for f in files)
    starts = pitch_starts(files)
    table = np.zeros((starts[-1], 2), np.float32)
    with ProcessPoolExecutor() as pool:
        for start, (log_pitch, voiced) in zip(starts, pool.map(track, waves, chunksize=16)):
            table[start : start + len(voiced)] = np.stack([log_pitch, voiced], 1)
    np.save(cache / "pitch.npy", table)

"""Measures on held-out recordings of the named voices: what the vocoder makes of their units, with its own pitch."""

import numpy as np
import torch

from evaluate import log_mel
from source_filter import position_noise
from vocoder_data import HOP, VoicedRecordings
from vocoder_model import Vocoder


def synthesise(vocoder: Vocoder, units: np.ndarray | torch.Tensor, k: int, voice: int) -> torch.Tensor:
    """Units [T] -> samples [320 T], as every implementation makes them: with noise by position."""
    units = torch.as_tensor(units, dtype=torch.int64)[None]
    count = (units.shape[1] + vocoder.config.delay_frames) * vocoder.config.hop_samples
    noise = torch.from_numpy(position_noise(0, count))[None]
    return vocoder(units, k, torch.tensor([voice]), noise)[0]


@torch.no_grad()
def validate(vocoder: Vocoder, recordings: VoicedRecordings, per_voice: int = 4) -> dict[str, float]:
    """For each k the log-mel distance in dB, also from the units of a perturbed version, where there is one, and the mean
    error of ln pitch where the recording is voiced."""
    device = vocoder.voices.device
    vocoder = vocoder.cpu()
    result = {}
    for k in vocoder.config.unit_counts:
        distances, errors = [], []
        for file, frames in recordings.validation(per_voice):
            units, voice, samples, log_pitch, voiced = recordings.cut(file, k, 0, frames)
            versions = range(min(2, len(recordings.units[k])))
            heard = [recordings.unit_slice(file, k, 0, frames, version) for version in versions]
            made = torch.stack([synthesise(vocoder, ids, k, int(voice)) for ids in heard])
            difference = torch.stack([log_mel(x) for x in made]) - log_mel(samples[: frames * HOP])
            distances.append(difference.square().mean((1, 2)).sqrt().numpy() * 10 / np.log(10))
            _, own = vocoder.controls(units[None], k, voice[None])
            lead = 2 * vocoder.config.delay_frames - 2
            errors.append(float((own[0, lead : lead + 2 * frames] - log_pitch).abs()[voiced].mean()))
        for suffix, mean in zip(("", "_perturbed"), np.mean(distances, 0)):
            result[f"logmel_db_k{k}{suffix}"] = round(float(mean), 3)
        result[f"pitch_k{k}"] = round(float(np.nanmean(errors)), 4)
    vocoder.to(device)
    return result

"""What units are made of: the encoder, and simpler features to compare it with. All have 50 rows/s.

Row n of each stands for the sound around sample 320 n + 280.
"""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import torch

from export import encode, load_exported
from features import log_mel, mfcc, normalise, row_means


class System(ABC):
    """Features of a recording: samples in [-1, 1] at 16 kHz -> F32 [rows, values]."""

    name: str

    @abstractmethod
    def features(self, x: np.ndarray) -> np.ndarray: ...


class LogMel(System):
    """80 bands, each with mean 0 and variance 1 over the recording."""

    name = "log-mel"

    def features(self, x: np.ndarray) -> np.ndarray:
        return row_means(normalise(log_mel(torch.from_numpy(x)))).numpy()


class Mfcc(System):
    """13 cepstra with first and second slopes, as they are or normalised like the log-mel bands."""

    def __init__(self, normalised: bool):
        self.normalised = normalised
        self.name = "MFCC, normalised" if normalised else "MFCC"

    def features(self, x: np.ndarray) -> np.ndarray:
        values = mfcc(log_mel(torch.from_numpy(x)))
        return row_means(normalise(values) if self.normalised else values).numpy()


class SpeechEmbedding(System):
    """Google's supervised `speech_embedding` (two ONNX files), one window of 775 ms for every row.

    `lag` is how many mel frames of 10 ms the window's middle lies before the row.
    """

    name = "speech-embedding"

    def __init__(self, folder: Path, lag: int = 0, threads: int = 1):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.mel = onnxruntime.InferenceSession(folder / "melspectrogram.onnx", options)
        self.embedding = onnxruntime.InferenceSession(folder / "embedding_model.onnx", options)
        self.lag = lag

    def features(self, x: np.ndarray) -> np.ndarray:
        count = max(0, ((len(x) - 400) // 160 + 1) // 2)
        # Mel frame m sees samples 160 m to 160 m + 511 of what it is given; 38 frames of silence lie before.
        before = 38 * 160
        padded = np.concatenate([np.zeros(before, np.float32), x * 32768, np.zeros(before + 1280, np.float32)])
        mel = self.mel.run(None, {"input": padded[None].astype(np.float32)})[0].reshape(-1, 32) / 10 + 2
        starts = np.clip(2 * np.arange(count) + 1 - self.lag, 0, len(mel) - 76)
        parts = [
            self.embedding.run(None, {"input_1": np.stack([mel[s : s + 76] for s in part])[..., None]})[0].reshape(-1, 96)
            for part in np.array_split(starts, max(1, count // 256))
        ]
        return np.concatenate(parts).astype(np.float32)


class Encoder(System):
    """An exported folder."""

    def __init__(self, folder: Path, name: str = "this encoder"):
        self.name = name
        self.encoder = load_exported(folder)

    def features(self, x: np.ndarray) -> np.ndarray:
        return encode(self.encoder, x).numpy()

"""Write what Silero's voice activity detector says of recordings, by its authors' own code on ONNX Runtime.

    make_voice_activity.py --silero CHECKOUT --model silero_vad_16k_op15.onnx --out expected.json RECORDING…

CHECKOUT is one of snakers4/silero-vad. The recordings (16 kHz) follow each other with a second of silence before each.
Beside the packages of requirements.txt it needs onnxruntime and packaging.
"""

import argparse
import importlib.util
import json
import sys
import types
from pathlib import Path

import numpy as np
import soundfile
import torch

RATE = 16000
WINDOW = 512


def authors_code(checkout: Path) -> types.ModuleType:
    # Only its reading of files needs torchaudio.
    sys.modules.setdefault("torchaudio", types.ModuleType("torchaudio"))
    spec = importlib.util.spec_from_file_location("utils_vad", checkout / "src/silero_vad/utils_vad.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def iterator_events(silero: types.ModuleType, model: object, sound: torch.Tensor, silence_ms: int, pad_ms: int) -> list:
    iterator = silero.VADIterator(model, min_silence_duration_ms=silence_ms, speech_pad_ms=pad_ms)
    events = []
    for at in range(0, len(sound) - WINDOW + 1, WINDOW):
        event = iterator(sound[at:at + WINDOW])
        if event is not None:
            events.append(event)
    return events


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--silero", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("recordings", type=Path, nargs="+")
    args = parser.parse_args()
    pieces = []
    for path in args.recordings:
        samples, rate = soundfile.read(path, dtype="float32")
        assert rate == RATE, f"{path} has {rate} Hz"
        pieces += [np.zeros(RATE, np.float32), samples]
    sound = torch.from_numpy(np.concatenate(pieces))

    silero = authors_code(args.silero)
    model = silero.OnnxWrapper(str(args.model), force_onnx_cpu=True)
    probabilities = model.audio_forward(sound, RATE)[0]
    expected = {
        "recordings": [path.name for path in args.recordings],
        "sampleCount": len(sound),
        "iterator": iterator_events(silero, model, sound, silence_ms=100, pad_ms=30),
        "iteratorOfLongSilences": iterator_events(silero, model, sound, silence_ms=500, pad_ms=0),
        "timestamps": silero.get_speech_timestamps(sound, model),
        "probabilities": [round(float(value), 6) for value in probabilities],
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()

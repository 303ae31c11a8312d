"""Writes what the authors' runtime makes of Lyra's files: ../golden/lyra-v2/reference.safetensors, for lyra-v2.test.ts.

usage: python make-reference.py FOLDER_WITH_THE_TFLITE_FILES
needs: tensorflow-cpu (2.21.0 was used: its TFLite interpreter with XNNPACK, as the authors' program), numpy, safetensors

Tensors: samples [12800] (float32, 40 frames of a gliding harmonic tone with noise), codes [40, 46] (uint8),
audio_16 and audio_46 [12800] (float32: the samples that 16 and 46 codebooks give).
"""
import os
import sys

import numpy as np
import tensorflow as tf
from safetensors.numpy import save_file

FRAMES, HOP, BOOKS, WIDTH, RATE = 40, 320, 46, 64, 16000
folder = sys.argv[1]


def interpreter(name):
    return tf.lite.Interpreter(model_path=os.path.join(folder, name), num_threads=1)


def stream(name, frames):
    runner = interpreter(name)
    runner.allocate_tensors()
    source, target = runner.get_input_details()[0], runner.get_output_details()[0]["index"]
    results = []
    for frame in frames:
        runner.set_tensor(source["index"], frame.reshape(source["shape"]).astype(np.float32))
        runner.invoke()
        results.append(runner.get_tensor(target).reshape(-1).copy())
    return np.stack(results)


def test_signal():
    n = np.arange(FRAMES * HOP)
    phase = np.cumsum(2 * np.pi * 130 * (1 + 0.2 * np.sin(n / 3000)) / RATE)
    voice = sum(np.sin(k * phase) / k for k in range(1, 9))
    noise = np.random.default_rng(1).standard_normal(len(n))
    return (0.1 * (0.5 - 0.5 * np.cos(n / 1500)) * voice + 0.01 * noise).astype(np.float32)


samples = test_signal()
latents = stream("soundstream_encoder.tflite", samples.reshape(FRAMES, HOP))
quantizer = interpreter("quantizer.tflite")
encode, decode = quantizer.get_signature_runner("encode"), quantizer.get_signature_runner("decode")
codes = np.stack(
    [
        encode(input_frames=latent.reshape(1, 1, WIDTH), num_quantizers=np.int32(BOOKS))["output_0"].reshape(-1)
        for latent in latents
    ]
)
tensors = {"samples": samples, "codes": codes.astype(np.uint8)}
for count in (16, BOOKS):
    decoded = []
    for row in codes:
        # Codebooks that are left out are −1.
        indices = np.full((BOOKS, 1, 1), -1, np.int32)
        indices[:count, 0, 0] = row[:count]
        decoded.append(decode(encoding_indices=indices)["output_0"].reshape(WIDTH))
    tensors[f"audio_{count}"] = stream("lyragan.tflite", decoded).reshape(-1)
target = os.path.join(os.path.dirname(__file__), "../golden/lyra-v2/reference.safetensors")
save_file(tensors, target)
print({name: value.shape for name, value in tensors.items()}, "codes in use per book:", [len(set(c)) for c in codes.T])

"""Time Hugging Face tokenizers on the units of many recordings: training, and encoding them all.

    time_byte_pairs.py UNITS.u32 LENGTHS.u32 --units 500 --vocabulary 5000 --min-frequency 2

UNITS.u32 holds the units of all recordings, LENGTHS.u32 how many each has, as little-endian 32-bit integers. Each
recording is one word. Prints one line of JSON: seconds, the greatest memory, and hashes of merges and ids, numbered as
this project does (units first, then tokens by their merges). Threads are as tokenizers takes them (all); with
TOKENIZERS_PARALLELISM=false it is one.
"""

import argparse
import hashlib
import json
import resource
import time
from pathlib import Path

import numpy as np
import tokenizers
from tokenizers import Tokenizer, models, trainers

FIRST = 0x4E00

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("units_file", type=Path)
parser.add_argument("lengths_file", type=Path)
parser.add_argument("--units", type=int, required=True)
parser.add_argument("--vocabulary", type=int, required=True)
parser.add_argument("--min-frequency", type=int, default=2)
arguments = parser.parse_args()

units = np.fromfile(arguments.units_file, "<u4")
ends = np.cumsum(np.fromfile(arguments.lengths_file, "<u4"))
text = (units + FIRST).astype("<u4").tobytes().decode("utf-32-le")
texts = [text[start:end] for start, end in zip([0, *ends[:-1]], ends)]

tokenizer = Tokenizer(models.BPE(cache_capacity=0))
trainer = trainers.BpeTrainer(
    vocab_size=arguments.vocabulary,
    min_frequency=arguments.min_frequency,
    initial_alphabet=[chr(FIRST + unit) for unit in range(arguments.units)],
    show_progress=False,
)
def timed(call):
    """-> what it gives, seconds, and seconds of all threads"""
    start, cpu_start = time.perf_counter(), time.process_time()
    result = call()
    return result, time.perf_counter() - start, time.process_time() - cpu_start


_, train_seconds, train_cpu_seconds = timed(lambda: tokenizer.train_from_iterator(texts, trainer))

encode = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)
encode(texts[:10])
encodings, encode_seconds, encode_cpu_seconds = timed(lambda: encode(texts))

# All units are in the vocabulary, and in order: its ids are those of this project.
model = json.loads(tokenizer.to_str())["model"]
merges = [model["vocab"][part] for merge in model["merges"] for part in merge]
ids = [np.array(encoding.ids, "<u4") for encoding in encodings]
digest = lambda numbers: hashlib.sha256(numbers.astype("<u4").tobytes()).hexdigest()
print(
    json.dumps(
        {
            "version": tokenizers.__version__,
            "trainSeconds": train_seconds,
            "encodeSeconds": encode_seconds,
            "trainCpuSeconds": train_cpu_seconds,
            "encodeCpuSeconds": encode_cpu_seconds,
            "peakMemoryMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
            "mergeCount": len(merges) // 2,
            "tokenCount": sum(map(len, ids)),
            "mergesSha256": digest(np.array(merges)),
            "idsSha256": digest(np.concatenate(ids)),
        }
    )
)

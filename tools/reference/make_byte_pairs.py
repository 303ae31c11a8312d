"""Byte pairs learnt and applied by Hugging Face tokenizers, for the golden tests.

    make_byte_pairs.py --out packages/core/test/golden/byte-pairs.json

Each case: recordings of units, the merges that `BpeTrainer` makes of them (each recording one word, unit u the character
FIRST + u), and the ids that `BPE` then gives for some sequences. Ids are written as this project numbers them: units
first, then tokens in the order of their merges. Cases with "tokenizerJson" hold the file as well, with the ids that it
has itself.
"""

import argparse
import json
import random
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers


def markov(rng, unit_count, length):
    """Some successors are much more frequent than others, and stay so: the table follows from the number of units."""
    table = random.Random(unit_count)
    successors = [[table.randrange(unit_count) for _ in range(6)] for _ in range(unit_count)]
    unit, units = rng.randrange(unit_count), []
    for _ in range(length):
        units.append(unit)
        unit = successors[unit][min(5, int(rng.expovariate(0.9)))] if rng.random() < 0.9 else rng.randrange(unit_count)
    return units


def runs(rng, unit_count, length):
    units = []
    while len(units) < length:
        units += [rng.randrange(unit_count)] * rng.choice([1, 1, 2, 3, 5, 8, 21])
    return units[:length]


def uniform(rng, unit_count, length):
    return [rng.randrange(unit_count) for _ in range(length)]


def frames(rng, unit_count, length):
    """Codes of 4 codebooks, frame by frame: codebook k has the units from k · size on."""
    size = unit_count // 4
    books = [markov(rng, size, length // 4) for _ in range(4)]
    return [book * size + books[book][frame] for frame in range(length // 4) for book in range(4)]


def few(rng, unit_count, length):
    """Of a large codebook, some units only, those at its ends among them."""
    used = [0, 1, 8_191, 8_192, 65_535, unit_count - 1]
    return [used[index] for index in markov(rng, len(used), length)]


CASES = {
    "speech-like": dict(make=markov, units=30, recordings=12, length=120, vocabulary=90, min_frequency=2),
    "runs": dict(make=runs, units=6, recordings=10, length=150, vocabulary=106, min_frequency=1),
    "ties": dict(make=uniform, units=5, recordings=8, length=40, vocabulary=400, min_frequency=1),
    "one-unit": dict(make=uniform, units=1, recordings=6, length=37, vocabulary=12, min_frequency=1),
    "min-frequency": dict(make=markov, units=12, recordings=6, length=80, vocabulary=400, min_frequency=6),
    "short-tokens": dict(make=runs, units=6, recordings=10, length=150, vocabulary=106, min_frequency=2, longest=4),
    "codec-bpe": dict(
        make=frames,
        units=64,
        recordings=8,
        length=200,
        vocabulary=130,
        min_frequency=2,
        special=["<pad>", "</s>"],
        metaspace=True,
        file=True,
    ),
    "seen-only": dict(make=markov, units=40, used=25, recordings=8, length=60, vocabulary=60, min_frequency=2, file=True),
    "large-codebook": dict(make=few, units=70_000, recordings=6, length=60, vocabulary=22, first=0xE000, min_frequency=2, file=True),
}


def make(name, case):
    rng = random.Random(name)
    unit_count, first = case["units"], case.get("first", 0x4E00)
    used = case.get("used", unit_count)
    lengths = [0, 1, 2] + [rng.randrange(case["length"] // 2, case["length"]) for _ in range(case["recordings"])]
    recordings = [case["make"](rng, used, length) for length in lengths]
    characters = lambda units: "".join(chr(first + unit) for unit in units)

    tokenizer = Tokenizer(models.BPE())
    if case.get("metaspace"):
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    all_units = [chr(first + unit) for unit in range(unit_count)]
    optional = {"max_token_length": case["longest"] + 1} if "longest" in case else {}
    if not case.get("file") or case.get("metaspace"):
        optional["initial_alphabet"] = all_units
    trainer = trainers.BpeTrainer(
        vocab_size=case["vocabulary"],
        min_frequency=case["min_frequency"],
        special_tokens=case.get("special", []),
        show_progress=False,
        **optional,
    )
    tokenizer.train_from_iterator(map(characters, recordings), trainer)

    text = tokenizer.to_str()
    model = json.loads(text)["model"]
    ids = {chr(first + unit): unit for unit in range(unit_count)}
    merges = []
    for rank, (left, right) in enumerate(model["merges"]):
        merges += [ids[left], ids[right]]
        ids[left + right] = unit_count + rank

    sequences = [list(units) for units in recordings[:6]]
    for _ in range(6):
        mixed = []
        while len(mixed) < 90:
            piece = rng.choice([units for units in recordings if units])
            start = rng.randrange(len(piece))
            mixed += piece[start : start + rng.randrange(1, 40)]
        sequences.append(mixed)
    encoded = [tokenizer.encode(characters(units)) for units in sequences]
    result = {
        "name": name,
        "unitCount": unit_count,
        "firstCodePoint": first,
        "minFrequency": case["min_frequency"],
        # Tokens that are wanted beside all units: the trainer counts special tokens, and units only if it knows of them.
        "tokens": case["vocabulary"] - sum(len(token) == 1 or token in case.get("special", []) for token in model["vocab"]),
        **({"maximumTokenUnits": case["longest"]} if "longest" in case else {}),
        "recordings": recordings,
        "merges": merges,
        "encodings": [
            {"units": units, "ids": [ids[token] for token in encoding.tokens]}
            for units, encoding in zip(sequences, encoded)
        ],
    }
    if case.get("file"):
        result["fileIds"] = [encoding.ids for encoding in encoded]
        result["tokenizerJson"] = text
    return result


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--out", type=Path, required=True)
arguments = parser.parse_args()
golden = {"madeWith": f"tokenizers {tokenizers.__version__}", "cases": [make(*item) for item in CASES.items()]}
cases = ",\n".join(json.dumps(case, separators=(",", ":"), ensure_ascii=True) for case in golden["cases"])
arguments.out.parent.mkdir(parents=True, exist_ok=True)
arguments.out.write_text(f'{{"madeWith":{json.dumps(golden["madeWith"])},"cases":[\n{cases}\n]}}\n')

"""Speech that flite makes of a text, with the phones that it says and when: labels without a mistake.

    python tools/train/units/synthetic.py TEXT OUT --minutes 60

`TEXT` has a sentence in each line. `OUT` gets a WAV file for each that was taken, 16 kHz, the voices in turn, each time at
another speed and pitch; and `OUT`.phones, lines `recording<TAB>phone:end phone:end …` with ends in seconds, for
`--english NAME=OUT.phones` of `run.py`.
"""

import argparse
import random
import re
import subprocess
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NEAR_PITCH = {"awb": 130.0, "kal16": 105.0, "rms": 95.0, "slt": 170.0}  # Hz, of flite's English voices of 16 kHz
VOICES = tuple(NEAR_PITCH)
# flite's names that are not those of the CMU dictionary.
RENAMED = {"ax": "AH", "pau": "SIL"}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=60, help="of speech, about")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def say(text: str, voice: str, stretch: float, pitch: float, path: Path) -> tuple[float, str]:
    """Write `text` as speech; returns its seconds, and its phones with their ends in seconds."""
    command = ["flite", "-voice", voice, "-psdur", "--setf", f"duration_stretch={stretch:.3f}",
               "--setf", f"int_f0_target_mean={pitch:.1f}", "-t", text, "-o", str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    parts = [part.split(":") for part in said]
    with wave.open(str(path)) as file:
        seconds = file.getnframes() / file.getframerate()
    return seconds, " ".join(f"{RENAMED.get(name, name.upper())}:{end}" for name, end in parts)


def main() -> None:
    args = arguments()
    choose = random.Random(args.seed)
    # Lines with anything but plain words, and very short and long ones, are left out.
    lines = [line.strip() for line in args.text.read_text().splitlines()]
    lines = [line for line in lines if re.fullmatch(r"[A-Za-z ,.;:!?'-]{40,240}", line)]
    choose.shuffle(lines)
    args.out.mkdir(parents=True, exist_ok=True)

    def one(number: int, stretch: float, octaves: float) -> tuple[float, str]:
        voice = VOICES[number % len(VOICES)]
        name = f"{voice}-{number:04d}"
        seconds, phones = say(lines[number], voice, stretch, NEAR_PITCH[voice] * 2**octaves, args.out / f"{name}.wav")
        return seconds, f"{name}\t{phones}"

    total, rows = 0.0, []
    with ThreadPoolExecutor(2) as pool:
        while total < args.minutes * 60 and len(rows) < len(lines):
            numbers = range(len(rows), min(len(rows) + 32, len(lines)))
            draws = [(choose.uniform(0.8, 1.2), choose.uniform(-0.25, 0.25)) for _ in numbers]
            for seconds, row in pool.map(lambda number, draw: one(number, *draw), numbers, draws):
                total += seconds
                rows.append(row)
            print(f"{total / 60:.1f} of {args.minutes:g} minutes", flush=True)
    args.out.with_name(f"{args.out.name}.phones").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()

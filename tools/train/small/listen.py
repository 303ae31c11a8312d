"""Let an export go on after the beginnings of recordings, by the project's own command.

python tools/train/small/listen.py EXPORT RECORDINGS OUT [--count 12] [-- options of `speech-tokens generate`]

OUT/prompts has the beginnings, OUT/continued what follows, by the same names.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import soundfile

from data import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=Path)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=12, help="recordings, evenly among all")
    parser.add_argument("--prompt-seconds", type=float, default=3)
    parser.add_argument("--seconds", type=float, default=6)
    own, options = sys.argv[1:], []
    if "--" in own:
        own, options = own[: own.index("--")], own[own.index("--") + 1 :]
    args = parser.parse_args(own)
    paths = sorted(args.recordings.glob("*.flac"))
    for name in ("prompts", "continued"):
        (args.out / name).mkdir(parents=True, exist_ok=True)
    for path in paths[:: max(1, len(paths) // args.count)][: args.count]:
        prompt, continued = (args.out / name / f"{path.stem}.wav" for name in ("prompts", "continued"))
        samples, rate = soundfile.read(path, dtype="int16")
        soundfile.write(prompt, samples[: round(args.prompt_seconds * rate)], rate)
        command = ["npm", "run", "-s", "speech-tokens", "--", "generate", "--model", "slm:small", "--checkpoint", str(args.export.resolve())]
        command += ["--prompt", str(prompt.resolve()), "--max-seconds", str(args.seconds), "--out", str(continued.resolve()), "--force"]
        subprocess.run([*command, *options], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())

"""Prepare data, train, export, and install the codec: the one command of the README."""

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.memory import keep_freed_memory


def parse() -> argparse.Namespace:
    from train import add_arguments

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", action="append", default=[], metavar="DIR[=WEIGHT]", help="a folder of recordings; repeat it")
    parser.add_argument("--run", type=Path, required=True, help="folder for data cache, checkpoints, log and result")
    parser.add_argument("--validation-every", type=int, default=40, help="hold out every n-th recording")
    parser.add_argument("--install", type=Path, metavar="CARD", help="make the result the bundled codec, with this model card")
    add_arguments(parser)
    return parser.parse_args()


def main() -> None:
    keep_freed_memory()
    args = parse()

    from data import Source, Speech, prepare, prepare_pitch
    from export import export, install
    from train import Trainer

    cache = args.run / "data"
    if not (cache / "index.json").exists():
        prepare([Source.parse(text) for text in args.data], cache, args.validation_every)
    prepare_pitch(cache)
    speech = Speech(cache)
    codec = Trainer(args, args.run, speech).train()
    utterance = speech.validation(1)[0][0, :64123]
    export(codec, args.run / "export", utterance)
    if args.install:
        install(args.run / "export", args.install)


if __name__ == "__main__":
    main()

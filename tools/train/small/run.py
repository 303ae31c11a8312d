"""Prepare tokens, train, and export the small speech language model: the one command of the README."""

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.memory import keep_freed_memory


def parse() -> argparse.Namespace:
    from train import add_arguments

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", action="append", default=[], metavar="DIR[=WEIGHT][@voice]", help="a folder of recordings, of one voice where it says so; repeat it")
    parser.add_argument("--run", type=Path, required=True, help="folder for tokens, checkpoints, log and result")
    parser.add_argument("--validation-every", type=int, default=40, help="hold out every n-th recording")
    parser.add_argument("--longest-pause", type=float, default=0.4, metavar="SECONDS", help="pauses of recordings are shortened to so much; inf keeps them")
    parser.add_argument("--speeds", type=lambda text: [float(part) for part in text.split(",")], default=[1.0], metavar="1,…",
                        help="play training recordings at these speeds too, pitch and all; the first is 1")
    parser.add_argument("--units", default="ssl:units-50hz-k100", help="tokenizer of the units")
    parser.add_argument("--codec", default="rvq:speech-16khz", help="tokenizer of the codes")
    parser.add_argument("--jobs", type=int, default=1, help="recordings that are tokenized side by side")
    parser.add_argument("--prepare-only", action="store_true", help="make the tokens and stop")
    parser.add_argument("--install", type=Path, metavar="CARD", help="make the result the bundled model, with this model card")
    add_arguments(parser)
    return parser.parse_args()


def main() -> None:
    keep_freed_memory()
    args = parse()

    from data import TokenRecordings, VoicedSource, prepare_tokens
    from export import export, install
    from small_config import SmallConfig
    from train import Trainer

    config = SmallConfig.load(args.config) if args.config else SmallConfig()
    cache = args.run / "data"
    sources = [VoicedSource.parse(text) for text in args.data]
    prepare_tokens([voiced.source for voiced in sources], cache, args.validation_every, args.longest_pause, args.speeds,
                   args.units, args.codec, config.codebook_count, args.jobs)
    if args.prepare_only:
        return
    recordings = TokenRecordings(cache, [voiced.is_voice for voiced in sources])
    config.unit_space, config.codec_space = recordings.spaces["units"], recordings.spaces["codec"]
    model = Trainer(args, args.run, recordings, config).train()
    export(model, config, args.run / "export", recordings)
    if args.install:
        install(args.run / "export", args.install)


if __name__ == "__main__":
    main()

"""Prepare data, train, and export the unit vocoder: the one command of the README."""

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "codec"))  # losses, discriminator and layers of the codec
sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.memory import keep_freed_memory


def parse() -> argparse.Namespace:
    from vocoder_training import add_arguments

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", action="append", default=[], metavar="DIR[=WEIGHT][@VOICE]", help="a folder of recordings; repeat it")
    parser.add_argument("--units", type=Path, required=True, help="export of the encoder, with the units of these recordings")
    parser.add_argument("--unit-space", action="append", default=[], metavar="ID", help="id of the token space of each set of units")
    parser.add_argument("--run", type=Path, required=True, help="folder for data cache, checkpoints, log and result")
    parser.add_argument("--validation-every", type=int, default=40, help="hold out every n-th recording")
    parser.add_argument("--install", type=Path, metavar="CARD", help="make the result the bundled vocoder, with this model card")
    add_arguments(parser)
    args = parser.parse_args()
    if (args.start_from is None) != (args.start_units is None):
        parser.error("--start-from needs --start-units, and the other way round")
    return args


def main() -> None:
    keep_freed_memory()
    args = parse()

    from vocoder_config import VocoderConfig
    from vocoder_data import VoicedRecordings, VoicedSource, prepare_all
    from vocoder_export import export, install
    from vocoder_training import Trainer

    config = VocoderConfig.load(args.config) if args.config else VocoderConfig()
    config.unit_spaces = args.unit_space
    if len(set(args.unit_space)) != len(config.unit_counts):
        sys.exit(f"wanted a --unit-space for each of {config.unit_counts} units, found {args.unit_space}")
    cache = args.run / "data"
    prepare_all([VoicedSource.parse(text) for text in args.data], cache, args.validation_every, args.units, config)
    recordings = VoicedRecordings(cache, config)
    config.voices = recordings.voice_names
    vocoder = Trainer(args, args.run, recordings, config).train()
    file, _ = recordings.validation(1)[0]
    export(vocoder, args.run / "export", {k: recordings.unit_slice(file, k, 0, 75) for k in config.unit_counts})
    if args.install:
        install(args.run / "export", args.install)


if __name__ == "__main__":
    main()

"""Prepare data, train in iterations, fit the centroids, export, and install the encoder: the one command of the README."""

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # tools/train, where `common` lies
from common.memory import keep_freed_memory


def parse() -> argparse.Namespace:
    from phones import English
    from train import add_arguments

    def numbers(kind: type) -> object:
        return lambda text: [kind(part) for part in text.split(",") if part]

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", action="append", default=[], metavar="DIR[=WEIGHT]", help="a folder of recordings; repeat it")
    parser.add_argument("--run", type=Path, required=True, help="folder for data cache, checkpoints, logs and result")
    parser.add_argument("--validation-every", type=int, default=12, help="hold out every n-th recording")
    parser.add_argument("--minutes", type=numbers(float), default=[15], metavar="M,M,…", help="wall time of each iteration")
    parser.add_argument("--target-layers", type=numbers(int), default=[], metavar="L,L,…",
                        help="layer that each iteration but the last gives the next one as targets")
    parser.add_argument("--english", action="append", type=English.parse, default=[], metavar="NAME[=FILE]",
                        help="name of a data folder whose phones the last iteration learns too; repeat it")
    parser.add_argument("--start-from", type=Path, metavar="EXPORT", help="go on from an exported encoder with as many layers")
    parser.add_argument("--mean-with", type=Path, action="append", default=[], metavar="RUN",
                        help="a finished run from the same weights: what is exported is the mean of both; repeat it")
    parser.add_argument("--layer", type=int, default=4, help="layer whose clusters are the units; those above are not exported")
    parser.add_argument("--versions", type=int, default=4, help="of each recording whose units are written: itself, and perturbed ones")
    parser.add_argument("--install", type=Path, metavar="CARD", help="make the result the bundled encoder, with this model card")
    add_arguments(parser)
    args = parser.parse_args()
    if len(args.target_layers) != len(args.minutes) - 1:
        parser.error("--target-layers needs one layer less than --minutes has parts")
    return args


def main() -> None:
    keep_freed_memory()
    args = parse()

    from data import Source, Spectra, prepare
    from export import export, install
    from iterations import encoder_of, mean_of_runs, train_iterations
    from phones import Phones

    others = [encoder_of(run) for run in args.mean_with]  # before hours of training: one may be missing
    cache = args.run / "data"
    if not (cache / "index.json").exists():
        prepare([Source.parse(text) for text in args.data], cache, args.validation_every)
    spectra = Spectra(cache)
    encoder = mean_of_runs([train_iterations(args, spectra), *others])
    phones = Phones.of(spectra, cache, args.english) if args.english else None
    export(encoder, spectra, args.layer, args.run / "export", args.seed, args.threads, phones, args.versions)
    if args.install:
        install(args.run / "export", args.install)


if __name__ == "__main__":
    main()

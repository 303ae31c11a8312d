"""Write a tiny vocoder with seeded random weights and what PyTorch computes with it.

The runtime's tests compare themselves with these files. The sizes differ from each other wherever the
shipped vocoder's could hide a mistake.
"""

import argparse
import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).resolve().parents[1] / "codec"))  # layers of the codec

from vocoder_config import BlocksConfig, VocoderConfig
from vocoder_export import export
from vocoder_model import Vocoder

TINY = VocoderConfig(
    unit_counts=[100, 30],
    unit_spaces=["ssl:units-50hz-k100#tiny", "ssl:units-50hz-k30#tiny"],
    voices=["ada", "bob", "eve"],
    slow=BlocksConfig(channels=24, blocks=2, expansion=2, kernel_frames=5, lookahead_frames=2),
    fast=BlocksConfig(channels=16, blocks=2, expansion=3, kernel_frames=7, lookahead_frames=1),
)


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, help="the folder to write")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    vocoder = Vocoder(TINY).eval()
    for block in [*vocoder.blocks_50hz, *vocoder.blocks_100hz]:
        for dense in (block.dwconv, block.expand, block.project):
            torch.nn.init.normal_(dense.bias, std=0.3)
    # A pitch that moves a lot: it is where exactness is lost first.
    vocoder.head.weight[:, -1] *= 3
    units = {k: torch.randint(k, (41,)).repeat_interleave(2)[:81] for k in TINY.unit_counts}
    export(vocoder, args.target, units)


if __name__ == "__main__":
    main()

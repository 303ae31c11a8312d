"""Write a tiny codec with seeded random weights and what PyTorch computes with it.

The runtime's tests compare themselves with these files. The sizes differ from each other wherever the
shipped codec's could hide a mistake; the codebooks are drawn from the model's own latents, so that many
codes are in use.
"""

import argparse
from pathlib import Path

import torch

from config import CodecConfig, DecoderConfig, EncoderConfig
from export import export, load_codec, synthetic_signal
from model import Codec

TINY = CodecConfig(
    codebook_count=4,
    codebook_size=64,
    latent_dim=6,
    encoder=EncoderConfig(channels_100hz=16, blocks_100hz=1, channels_50hz=24, blocks_50hz=2, expansion=2, kernel_frames=3),
    decoder=DecoderConfig(
        channels_50hz=24, blocks_50hz=1, channels_100hz=16, blocks_100hz=2, expansion=2, kernel_frames=5,
        input_kernel_frames=2, lookahead_frames=2,
    ),
)


@torch.no_grad()
def fill_codebooks(codec: Codec) -> None:
    """Set each codebook to residuals that the synthetic signal leaves at its level."""
    wave = synthetic_signal(48000)
    residual = codec.encoder(wave)[0]
    books = codec.quantizer.codebooks
    for level in range(books.shape[0]):
        chosen = torch.randperm(residual.shape[0])[: books.shape[1]]
        books[level] = residual[chosen]
        residual = residual - books[level][codec.quantizer.nearest(level, residual)]
        residual = residual + 0.01 * residual.std() * torch.randn_like(residual)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, help="the folder to write")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    codec = Codec(TINY).eval()
    for block in [*codec.encoder.blocks_100hz, *codec.encoder.blocks_50hz, *codec.decoder.blocks_50hz, *codec.decoder.blocks_100hz]:
        for dense in (block.dwconv, block.expand, block.project):
            torch.nn.init.normal_(dense.bias, std=0.3)
    fill_codebooks(codec)
    # An odd length, so that the last frame is partly padding.
    export(codec, args.target, synthetic_signal(9_007)[0])
    (args.target / "golden-synthetic.safetensors").unlink()
    (args.target / "golden-utterance.safetensors").rename(args.target / "golden.safetensors")
    codes = load_codec(args.target).encode(synthetic_signal(48000))[0]
    print("codes in use per codebook:", [len(codes[:, k].unique()) for k in range(codes.shape[1])])


if __name__ == "__main__":
    main()

"""Exported folders: written whole or not at all, and handed over to the package that ships them."""

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """A new folder to write files into; it takes the place of `target` in one rename, once all are written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    os.chmod(work, 0o755)
    yield work
    for file in work.iterdir():
        os.chmod(file, 0o644)
    if target.exists():
        old = work.with_name(work.name + "-old")
        os.rename(target, old)
        os.rename(work, target)
        shutil.rmtree(old)
    else:
        os.rename(work, target)


def save_half(tensors: dict[str, Tensor], path: Path, max_bytes: int) -> None:
    """Write weights in F16. Raises ValueError where one is outside its range, and where the file is too large."""
    halves = {name: tensor.detach().to("cpu", torch.float16).contiguous() for name, tensor in tensors.items()}
    for name, tensor in halves.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} holds values outside the F16 range")
    save_file(halves, path, metadata={"format": "pt"})
    size = path.stat().st_size
    if size > max_bytes:
        raise ValueError(f"{path.name} has {size} bytes, more than {max_bytes}")


def install(source: Path, card: Path, package: str, script: str) -> None:
    """Make an export what `package` ships, with `card` as its model card.

    The package's own script checks that the weights run there, copies the files and writes down their hashes.
    """
    shutil.copy(card, source / "README.md")
    command = ["npm", "run", "pnpm", "--", "--filter", package, script]
    subprocess.run([*command, str(source.resolve())], cwd=Path(__file__).resolve().parents[3], check=True)


def install_from_command_line(what: str, package: str, script: str) -> None:
    parser = argparse.ArgumentParser(description=f"Install an exported {what} as the bundled one.")
    parser.add_argument("source", type=Path, help="an exported folder")
    parser.add_argument("card", type=Path, help="its model card: data, licences, steps, measures (Markdown)")
    args = parser.parse_args()
    install(args.source, args.card, package, script)

"""How a training process takes its memory."""

import os
import sys

TUNABLES = "glibc.malloc.mmap_threshold=4000000000:glibc.malloc.trim_threshold=8000000000:glibc.malloc.top_pad=268435456"


def keep_freed_memory() -> None:
    """Reuse freed memory instead of returning it to the system: a fifth faster on Linux CPUs. Starts the program anew."""
    if sys.platform == "linux" and "GLIBC_TUNABLES" not in os.environ:
        os.environ["GLIBC_TUNABLES"] = TUNABLES
        os.execv(sys.executable, [sys.executable, *sys.argv])

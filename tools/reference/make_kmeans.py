"""Write what scikit-learn reaches on made-up points, for the trainer of codec-ssl.

    make_kmeans.py --out packages/codec-ssl/test/golden/kmeans.json

Needs scikit-learn. The points follow from a seed: test/support/points.ts of codec-ssl makes the same ones.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import KMeans

CASES = (
    {"seed": 1, "frames": 2000, "width": 16, "groups": 20, "spread": 0.5, "offset": 0, "clusters": 20},
    {"seed": 2, "frames": 3000, "width": 24, "groups": 40, "spread": 2.0, "offset": 0, "clusters": 100},
    {"seed": 3, "frames": 1500, "width": 8, "groups": 5, "spread": 1.0, "offset": 1000, "clusters": 12},
)


def points(case: dict) -> np.ndarray:
    """[frames, width], float32: groups around centres, with noise that is the sum of four uniform numbers."""
    state = case["seed"]

    def unit() -> float:
        nonlocal state
        state = (1664525 * state + 1013904223) % 2**32
        return state / 2**32

    width = case["width"]
    centres = [[8 * unit() - 4 for _ in range(width)] for _ in range(case["groups"])]
    rows = []
    for frame in range(case["frames"]):
        centre = centres[frame % len(centres)]
        noise = [unit() + unit() + unit() + unit() - 2 for _ in range(width)]
        rows.append([case["offset"] + centre[i] + case["spread"] * noise[i] for i in range(width)])
    return np.array(rows, dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    cases = []
    for case in CASES:
        model = KMeans(case["clusters"], n_init=10, random_state=0).fit(points(case).astype(np.float64))
        cases.append({**case, "inertia": model.inertia_})
    out.write_text(json.dumps({"scikitLearn": sklearn.__version__, "cases": cases}, indent=2) + "\n")


if __name__ == "__main__":
    main()

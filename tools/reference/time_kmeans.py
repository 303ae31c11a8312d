"""scikit-learn's k-means on a file of features: its inertia in float64, its passes and its time, as one line of JSON.

    time_kmeans.py FEATURES.f32 --width 768 --clusters 500 [--seed 0] [--threads 1]
"""

import argparse
import json
import time

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("features", help="float32 [frames, width], row by row")
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--clusters", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    features = np.fromfile(args.features, dtype="<f4").reshape(-1, args.width)
    with threadpool_limits(args.threads):
        started = time.monotonic()
        found = KMeans(args.clusters, n_init=1, random_state=args.seed).fit(features)
        seconds = time.monotonic() - started
    # Exactly, block by block: the products of float32 that it works with lose digits.
    centroids = found.cluster_centers_.astype(np.float64)
    inertia = sum(
        ((block.astype(np.float64) - centroids[labels]) ** 2).sum()
        for block, labels in zip(np.array_split(features, 64), np.array_split(found.labels_, 64))
    )
    print(json.dumps({"inertia": inertia, "iterations": int(found.n_iter_), "seconds": seconds}))


if __name__ == "__main__":
    main()

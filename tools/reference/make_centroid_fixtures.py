"""Write one k-means clustering in every format in which centroids are published, for the readers of codec-ssl.

    make_centroid_fixtures.py CENTROIDS.npy --out packages/codec-ssl/test/golden/centroids

Needs scikit-learn, joblib, PyTorch and safetensors.
"""

import argparse
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import joblib
import numpy as np
from sklearn.cluster import MiniBatchKMeans


def fitted(centers: np.ndarray) -> MiniBatchKMeans:
    """As fairseq's `learn_kmeans.py` leaves it: with a random state and counts beside the centers."""
    model = MiniBatchKMeans(n_clusters=len(centers), random_state=np.random.RandomState(1), batch_size=64, n_init=1, max_iter=1)
    model.fit(centers)
    model.cluster_centers_ = centers
    return model


@contextmanager
def as_before_joblib_1_2() -> Iterator[None]:
    """Arrays are then written where they come: their wrappers have no alignment, as joblib still reads them."""
    pickler = joblib.numpy_pickle.NumpyPickler
    create = pickler._create_array_wrapper

    def create_unaligned(self, array):
        wrapper = create(self, array)
        del wrapper.numpy_array_alignment_bytes
        return wrapper

    pickler._create_array_wrapper = create_unaligned
    try:
        yield
    finally:
        pickler._create_array_wrapper = create


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("centroids", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    centers = np.load(args.centroids)
    args.out.mkdir(parents=True, exist_ok=True)
    model = fitted(centers)
    joblib.dump(model, args.out / "km.bin")
    joblib.dump(model, args.out / "km-zlib.bin", compress=3)
    with as_before_joblib_1_2():
        joblib.dump(model, args.out / "km-unaligned.bin")
    joblib.dump(fitted(np.asfortranarray(centers.astype(np.float64))), args.out / "km-fortran.bin", protocol=3)
    joblib.dump(centers, args.out / "array.joblib")
    joblib.dump(model, args.out / "km-bz2.bin", compress=("bz2", 3))
    (args.out / "km.pickle").write_bytes(pickle.dumps(model, protocol=4))
    np.save(args.out / "double.npy", np.asfortranarray(centers.astype(np.float64)))
    np.save(args.out / "half.npy", centers.astype(np.float16))
    import torch
    from safetensors.numpy import save_file

    torch.save({"n_features_in_": centers.shape[1], "cluster_centers_": torch.from_numpy(centers)}, args.out / "km.pt")
    save_file({"centroids": centers, "other": centers[:2]}, args.out / "km.safetensors")


if __name__ == "__main__":
    main()

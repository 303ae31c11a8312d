"""Write small PyTorch checkpoints of every kind that the readers of onnx-graph must know, or refuse.

    make_pytorch_fixtures.py --out packages/onnx-graph/test/fixtures/pytorch
"""

import argparse
import json
from collections import Counter, OrderedDict
from pathlib import Path

import numpy
import torch
from torch import Tensor, nn


def mixed() -> OrderedDict[str, object]:
    """Tensors of every type and layout, and plain values, nested."""
    torch.manual_seed(3)
    values = torch.tensor([[1.0, -2.0, 0.5], [4.0, 0.0, -0.25]])
    types = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16]
    types += [torch.int8, torch.bool, torch.complex64]
    base = torch.arange(12, dtype=torch.float32)
    shared = torch.randn(2, 2)
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    return OrderedDict(
        types={str(dtype).removeprefix("torch."): values.to(dtype) for dtype in types}
        | {"uint8": values.abs().to(torch.uint8)},
        state_dict=module.state_dict(),
        parameter=nn.Parameter(torch.randn(3)),
        whole=base,
        row=base[4:10].view(2, 3),
        tied=[shared, {"again": shared}],
        scalar=torch.tensor(3.5),
        empty=torch.zeros(0, 3),
        one_row=base.view(4, 3).t()[:, 2:3].t(),
        transposed=base.view(4, 3).t(),
        expanded=torch.ones(1).expand(5),
        # Plain values.
        step=7,
        big=2**70,
        below=-(2**40),
        rate=0.25,
        flag=True,
        nothing=None,
        name="Größe",
        rates=[8, 5, "x"],
        config={"kernel": {3: "three"}, "none": []},
        size=torch.Size([2, 3]),
        # Accepted and not kept.
        device=torch.device("cpu"),
        dtype=torch.float16,
        bytes=b"\x00\xff",
        bytearray=bytearray(b"abc"),
        set={1, 2},
        frozen=frozenset(["a"]),
        counter=Counter({4: 2}),
    )


def refused() -> dict[str, object]:
    return {
        "module": nn.Linear(2, 1),
        "namespace": {"args": argparse.Namespace(rate=3), "weight": torch.ones(2)},
        "numpy-scalar": {"loss": numpy.float64(0.5), "weight": torch.ones(2)},
        "sparse": {"weight": torch.eye(2).to_sparse()},
        "quantized": {"weight": torch.quantize_per_tensor(torch.ones(2), 0.5, 0, torch.qint8)},
        "negated": {"weight": torch.tensor([1 + 2j]).conj().imag},
    }


def flatten(value: object, name: str = "") -> dict[str, object]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else None
    if items is None or not any(isinstance(item, (Tensor, dict, list)) for _, item in items) and not isinstance(value, dict):
        return {name: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {key: found for part, item in items for key, found in flatten(item, f"{name}.{part}" if name else str(part)).items()}


def expectation(value: object) -> dict[str, object]:
    flat = flatten(value)
    return {
        name: {
            "elementType": str(item.dtype).removeprefix("torch."),
            "shape": list(item.shape),
            "bytes": item.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes().hex(),
        }
        for name, item in flat.items()
        if isinstance(item, Tensor)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = mixed()
    torch.save(checkpoint, out / "zip.pt")
    torch.save(checkpoint, out / "zip-protocol-4.pt", pickle_protocol=4)
    torch.save(checkpoint, out / "zip-protocol-5.pt", pickle_protocol=5)
    torch.save(checkpoint, out / "older.pt", _use_new_zipfile_serialization=False)
    # A type that came after the typed storages.
    torch.save({"weight": torch.arange(4).to(torch.uint16), "eight": torch.ones(2).to(torch.float8_e5m2)}, out / "later-type.pt")
    torch.save(torch.arange(3.0), out / "bare-tensor.pt")
    for name, value in refused().items():
        torch.save(value, out / f"refused-{name}.pt")
    torch.jit.script(nn.Linear(2, 1)).save(out / "refused-script.pt")
    (out / "expected.json").write_text(json.dumps(expectation(checkpoint), indent=1) + "\n")


if __name__ == "__main__":
    main()

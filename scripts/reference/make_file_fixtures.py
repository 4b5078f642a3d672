"""Makes Tests/SubDataTests/Fixtures/files: checkpoints and arrays as NumPy, safetensors and PyTorch write them.

Needs numpy, safetensors and torch. Run from the repository's root: python scripts/reference/make_file_fixtures.py
Every array is arange(6) in the shape [2, 3] unless its name says otherwise.
"""

import argparse
import collections
import io
import json
import shutil
import warnings
import zipfile
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

warnings.simplefilter("ignore")
ROOT = Path("Tests/SubDataTests/Fixtures/files")
TORCH_TYPES = {
    "f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "i64": torch.int64,
    "i32": torch.int32, "i16": torch.int16, "i8": torch.int8, "u64": torch.uint64, "u32": torch.uint32,
    "u16": torch.uint16, "u8": torch.uint8, "bool": torch.bool,
}
NUMPY_TYPES = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1"]


def base():
    return torch.arange(6).reshape(2, 3)


def all_types():
    return {name: base().to(kind) for name, kind in TORCH_TYPES.items()}


def make_safetensors():
    tensors = all_types() | {"scalar": torch.tensor(2.5), "empty": torch.zeros(0, 4)}
    safetensors.torch.save_file(tensors, ROOT / "types.safetensors", metadata={"format": "pt"})
    folder = ROOT / "sharded"
    folder.mkdir()
    safetensors.torch.save_file({"a": base().float()}, folder / "model-00001-of-00002.safetensors")
    safetensors.torch.save_file({"b": base().half()}, folder / "model-00002-of-00002.safetensors")
    index = {
        "metadata": {"total_size": 36},
        "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"},
    }
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))


def make_npy():
    folder = ROOT / "npy"
    (folder / "nested").mkdir(parents=True)
    for kind in NUMPY_TYPES:
        array = np.arange(6).reshape(2, 3).astype(kind)
        np.save(folder / f"{kind}.npy", array)
        if array.itemsize > 1:
            np.save(folder / f"{kind}_big.npy", array.astype(array.dtype.newbyteorder(">")))
    array = np.arange(24, dtype="f4").reshape(2, 3, 4)
    np.save(folder / "fortran.npy", np.asfortranarray(array))
    np.save(folder / "fortran_big.npy", np.asfortranarray(array.astype(">i2")))
    np.save(folder / "scalar.npy", np.float32(2.5))
    np.save(folder / "empty.npy", np.zeros((0, 4), "f4"))
    np.save(folder / "nested" / "deep.npy", array)
    for version in [(1, 0), (2, 0), (3, 0)]:
        with open(folder / f"version{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, array, version=version)
    bad = ROOT / "npy_refused"
    bad.mkdir()
    np.save(bad / "object.npy", np.array([{}, 1], dtype=object), allow_pickle=True)
    np.save(bad / "text.npy", np.array(["ab", "c"]))
    np.save(bad / "complex.npy", np.zeros(3, "c8"))
    np.save(bad / "date.npy", np.zeros(3, "M8[s]"))
    np.save(bad / "record.npy", np.zeros(3, [("x", "f4"), ("y", "i4")]))
    two = {"x": array, "y/z": np.arange(6).reshape(2, 3), "scalar": np.float64(0.5)}
    np.savez(ROOT / "stored.npz", **two)
    np.savez_compressed(ROOT / "deflated.npz", **two, zeros=np.zeros((100, 100), "f4"))

    class Unseekable(io.RawIOBase):  # makes zipfile write data descriptors
        def __init__(self, path):
            self.file = open(path, "wb")

        def write(self, data):
            return self.file.write(data)

        def writable(self):
            return True

        def flush(self):
            self.file.flush()

    with zipfile.ZipFile(Unseekable(ROOT / "descriptors.npz"), "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array(file, array)


class Strange:
    """A class that a reader does not know."""

    def __init__(self):
        self.weight = torch.ones(2)


def state():
    """Views, transposes, expansions, shared storages, parameters, in every type."""
    block = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    state = collections.OrderedDict(all_types())
    state["transposed"] = base().float().t()
    state["column"] = block[:, 2]
    state["row"] = block[2]
    state["window"] = block[1:3, 2:4]
    state["shared"] = block
    state["expanded"] = torch.tensor([7.0]).expand(2, 3)
    state["parameter"] = torch.nn.Parameter(base().float())
    state["scalar"] = torch.tensor(2.5)
    state["empty"] = torch.zeros(0, 4)
    state["complex"] = torch.zeros(2, dtype=torch.complex64)
    state._metadata = collections.OrderedDict({"": {"version": 1}})
    return state


def training_checkpoint():
    model = torch.nn.Linear(3, 2)
    with torch.no_grad():
        model.weight.copy_(base())
        model.bias.fill_(0.5)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    with torch.no_grad():
        model.weight.copy_(base())
        model.bias.fill_(0.5)
    weights = {"module." + name: tensor for name, tensor in model.state_dict().items()}
    cycle = []
    cycle.append(cycle)
    return {
        "epoch": 3, "model": weights, "optimizer": optimizer.state_dict(), "best": np.float64(0.25), "cycle": cycle,
        "args": argparse.Namespace(lr=1e-3, name="vit", sizes=(1, 2), device=torch.device("cpu")), "strange": Strange(),
        "big": 1 << 80, "set": {1, 2}, "array": np.arange(3), "raw": b"\x00\xff", "dtype": torch.float16,
    }


class Inner(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(base().half())
        self.register_buffer("table", base())

    def forward(self, x):
        return x @ self.weight.float() + self.table.float().sum()


class Outer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = torch.nn.Sequential(Inner(), torch.nn.LayerNorm(3))
        self.logit_scale = torch.nn.Parameter(torch.tensor(2.5))

    def forward(self, x):
        return self.visual(x) * self.logit_scale


def make_big_endian():
    """What torch.save writes on a big-endian machine, packed again by a zip tool."""
    buffer = io.BytesIO()
    kinds = {"f32": torch.float32, "i64": torch.int64, "u8": torch.uint8}
    torch.save({name: base().to(kind) for name, kind in kinds.items()}, buffer)
    sizes = {f"data/{key}": kind.itemsize for key, kind in enumerate(kinds.values())}
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(
            ROOT / "big_endian_deflated.pth", "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data, inner = source.read(name), name.split("/", 1)[1]
            if inner in sizes:
                data = np.frombuffer(data, f"u{sizes[inner]}").byteswap().tobytes()
            target.writestr(name, b"big" if inner == "byteorder" else data)


def save_script(module, name):
    """Saves a TorchScript module without the debug records, which hold paths of the machine."""
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(ROOT / name, "w") as target:
        for entry in source.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                target.writestr(entry.filename, source.read(entry), entry.compress_type)


def make_torch():
    make_big_endian()
    torch.serialization.set_crc32_options(False)
    torch.save({"f32": base().float()}, ROOT / "no_checksums.pth")
    torch.serialization.set_crc32_options(True)
    for protocol in [2, 4]:
        torch.save(state(), ROOT / f"state_zip_p{protocol}.pth", pickle_protocol=protocol)
        torch.save(
            state(), ROOT / f"state_legacy_p{protocol}.pth", pickle_protocol=protocol,
            _use_new_zipfile_serialization=False)
    torch.save(training_checkpoint(), ROOT / "training_zip.pth")
    torch.save(training_checkpoint(), ROOT / "training_legacy.pth", _use_new_zipfile_serialization=False)
    make_odd_checkpoints()
    torch.save(Outer(), ROOT / "module_zip.pt")
    save_script(torch.jit.trace(Outer().eval(), torch.ones(1, 2)), "traced.pt")
    save_script(torch.jit.script(Outer().eval()), "scripted.pt")


def make_odd_checkpoints():
    """Weights beside their average, under a key of one's own, and tensors of types that are not read."""
    w = torch.arange(6.0).reshape(2, 3)
    moments = {"state": {0: {"exp_avg": w}}}
    averages = {"epoch": 3, "model": {"weight": w}, "model_ema": {"module.weight": w + 10}, "optimizer": moments}
    torch.save(averages, ROOT / "averages.pth")
    torch.save({"step": 3, "unheard_of": {"weight": w}, "optimizer": moments}, ROOT / "unusual_key.pth")
    odd = {
        "a": w, "sparse": torch.eye(3).to_sparse(), "complex": torch.zeros(2, dtype=torch.complex64),
        "quantized": torch.quantize_per_tensor(w, 0.1, 0, torch.qint8), "f8": w.to(torch.float8_e4m3fn),
    }
    torch.save({"state_dict": odd}, ROOT / "odd_types.pth")


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir(parents=True)
    make_safetensors()
    make_npy()
    make_torch()
    # Strings as Python's own serializer writes and escapes them.
    texts = ["plain", "ü", "日本", "😀", "\u0000\u001f\"\\/\n", "e\u0301", "\u00e9"]
    numbers = [0.1, -0.0, 1e300, 5e-324, 1e16, 123456789012345678, 3.0, 1 / 3]
    (ROOT / "values.json").write_text(json.dumps({"texts": texts, "numbers": numbers}))


if __name__ == "__main__":
    main()

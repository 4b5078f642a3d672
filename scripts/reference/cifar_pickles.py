"""Makes Tests/SubDataTests/Fixtures/image/cifar: CIFAR's Python version in small, as Python 2 and Python 3 pickle it.

Usage: python3 scripts/reference/cifar_pickles.py Tests/SubDataTests/Fixtures/image   (NumPy)

Image n of a file with number f has the bytes (7 i + 31 n + 5 f) mod 256, mod 128 where f is 1 (all of them ASCII).
"""
import io
import pathlib
import pickle
import struct
import sys

import numpy as np


class Python2Pickler(pickle._Pickler):
    """Protocol 2 as Python 2's cPickle writes it: str and bytes are both BINSTRING, NumPy lives in numpy.core."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_text(self, value):
        data = value.encode() if isinstance(value, str) else value
        short = len(data) < 256
        self.write(b"U" + bytes([len(data)]) + data if short else b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(value)

    dispatch[str] = dispatch[bytes] = save_text

    def save_global(self, value, name=None):
        module = value.__module__.replace("numpy._core", "numpy.core")
        self.write(f"c{module}\n{name or value.__qualname__}\n".encode())
        self.memoize(value)

    dispatch[type] = dispatch[type(save_text)] = save_global


def images(file, count):
    places = np.arange(3072)[None] * 7 + np.arange(count)[:, None] * 31 + 5 * file
    return (places % (128 if file == 1 else 256)).astype(np.uint8)


def write(path, value, protocol):
    path.parent.mkdir(parents=True, exist_ok=True)
    if protocol == "python2":
        target = io.BytesIO()
        Python2Pickler(target, 2).dump(value)
        path.write_bytes(target.getvalue())
    else:
        path.write_bytes(pickle.dumps(value, protocol))


def batch(file, labels):
    return {
        "batch_label": f"training batch {file} of 5", "labels": labels, "data": images(file, len(labels)),
        "filenames": [f"image_{n}.png" for n in range(len(labels))],
    }


def main():
    folder = pathlib.Path(sys.argv[1]) / "cifar"
    names = "airplane automobile bird cat deer dog frog horse ship truck".split()
    ten = folder / "two" / "cifar-10-batches-py"
    for file in range(1, 6):
        write(ten / f"data_batch_{file}", batch(file, [file, 9 - file][: 1 + file % 2]), "python2")
    write(ten / "test_batch", batch(6, [3, 8, 0]), "python2")
    write(ten / "batches.meta", {"num_cases_per_batch": 10000, "label_names": names, "num_vis": 3072}, "python2")

    hundred = folder / "three" / "cifar-100-python"
    for name, file, labels in [("train", 7, [99, 4]), ("test", 8, [42])]:
        value = {
            b"filenames": [b"x.png"] * len(labels), b"fine_labels": labels, b"coarse_labels": [1] * len(labels),
            b"data": images(file, len(labels)),
        }
        write(hundred / name, value, 5)
    fine = [f"class {n}" for n in range(100)]
    write(hundred / "meta", {"fine_label_names": fine, "coarse_label_names": ["x"] * 20}, 4)

    # Python 3 writing for Python 2 (bytes as Latin-1 text), and files that are not what they seem.
    write(folder / "latin" / "test_batch", batch(9, np.array([1, 2])[:1].tolist()), 2)
    odd = folder / "odd"
    write(odd / "wide" / "test_batch", batch(6, [1]) | {"data": images(6, 1).astype(np.int16)}, 4)
    write(odd / "few" / "test_batch", batch(6, [1, 2]) | {"labels": [1]}, 4)
    write(odd / "label" / "test_batch", batch(6, [10]), 4)
    write(odd / "order" / "test_batch", batch(6, [1, 2]) | {"data": np.asfortranarray(images(6, 2))}, 4)
    whole = (folder / "latin" / "test_batch").read_bytes()
    (odd / "cut").mkdir(exist_ok=True)
    (odd / "cut" / "test_batch").write_bytes(whole[: len(whole) // 2])

    class Call:
        def __reduce__(self):
            return (print, ("this must never be printed",))

    write(odd / "call" / "test_batch", {"data": Call(), "labels": [1]}, 4)


if __name__ == "__main__":
    main()

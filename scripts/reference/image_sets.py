"""Makes Tests/SubDataTests/Fixtures/image/sets: tar archives in every dialect, by Python's tarfile.

Usage: python3 scripts/reference/image_sets.py Tests/SubDataTests/Fixtures/image   (Pillow)
"""
import gzip
import io
import pathlib
import sys
import tarfile

from image_ops import picture


def encoded(number):
    target = io.BytesIO()
    picture(20, 16, number).save(target, "jpeg" if number % 2 else "png")
    return target.getvalue(), "jpg" if number % 2 else "png"


def write(path, members, form=tarfile.USTAR_FORMAT):
    with tarfile.open(path, "w", format=form) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            if data is None:
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))


def main():
    folder = pathlib.Path(sys.argv[1]) / "sets"
    folder.mkdir(exist_ok=True)
    samples = []
    for number in range(6):
        data, kind = encoded(number)
        samples += [(f"{number:05}.{kind}", data), (f"{number:05}.cls", str(number % 3).encode() + b"\n")]
    write(folder / "plain.tar", samples)
    long = "a" * 120 + "/" + "b" * 130
    names = [
        ("folder", None), ("folder/one.JPG", b"1"), ("folder/one.seg.png", b"22"), (long + ".txt", b"333"), ("no-dot", b"4"),
        (".hidden", b"5"), ("__meta__/x.txt", b"6"), ("v1.0/two.txt", b"7"), ("v1.0/two.txt", b"8"), ("größe.txt", b"9"),
        ("x" * 95 + "/" + "y" * 40 + ".txt", b""),
    ]
    write(folder / "gnu.tar", names, form=tarfile.GNU_FORMAT)
    write(folder / "pax.tar", names, form=tarfile.PAX_FORMAT)
    write(folder / "ustar.tar", [(n, d) for n, d in names if n != long + ".txt"])
    whole = (folder / "plain.tar").read_bytes()
    (folder / "packed.tar.gz").write_bytes(gzip.compress(whole, mtime=0))
    (folder / "cut.tar").write_bytes(whole[:3300])
    packed = (folder / "packed.tar.gz").read_bytes()
    (folder / "cut.tar.gz").write_bytes(packed[: len(packed) * 2 // 3])
    # A cls without a picture, a picture without a cls, and one whole sample.
    write(folder / "partial.tar", [("a.cls", b"0"), ("b.png", samples[0][1]), ("c.png", samples[0][1]), ("c.cls", b" 1 ")])


if __name__ == "__main__":
    main()

"""Makes Tests/SubDataTests/Fixtures/image/files: one small picture in every stored form, and what Pillow reads from it.

Usage: python3 scripts/reference/image_files.py Tests/SubDataTests/Fixtures/image   (Pillow 13, numpy)

files.json: for every file its size, the CRC-32 of `Image.open(file).convert("RGB")`, its EXIF orientation, and the CRC-32
of `ImageOps.exif_transpose` of it. broken.json: files that Pillow refuses.
"""
import io
import json
import pathlib
import struct
import sys
import zlib

import numpy
from PIL import Image, ImageOps

from image_ops import picture


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height, depth, kind, rows, palette=b"", transparent=b"", interlaced=False):
    """A PNG from packed rows (a list of bytes; for interlaced ones the rows of all seven passes)."""
    body = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced)))
    if palette:
        body += chunk(b"PLTE", palette)
    if transparent:
        body += chunk(b"tRNS", transparent)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def packed(samples, depth):
    """Rows of samples below 8 bits, packed."""
    rows = []
    for row in samples:
        bits = "".join(format(int(value), f"0{depth}b") for value in row)
        bits += "0" * (-len(bits) % 8)
        rows.append(bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)))
    return rows


def adam7(pixels):
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = []
    for x, y, dx, dy in passes:
        part = pixels[y::dy, x::dx]
        rows += [row.tobytes() for row in part if row.size]
    return rows


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "files").mkdir(exist_ok=True)
    im = picture(45, 31, 7)
    w, h = im.size
    grey = im.convert("L")
    rng = numpy.random.default_rng(1)
    wide = rng.integers(0, 65536, (h, w, 3), dtype=numpy.uint16)
    alpha = Image.fromarray(rng.integers(0, 256, (h, w), dtype=numpy.uint8))
    rgba = im.copy()
    rgba.putalpha(alpha)
    indexed = im.quantize(256)
    files = {}

    def save(name, image, **options):
        target = io.BytesIO()
        image.save(target, name.rsplit(".")[-1].replace("jpg", "jpeg"), **options)
        files[name] = target.getvalue()

    save("420.jpg", im, quality=80, subsampling=2)
    save("422.jpg", im, quality=80, subsampling=1)
    save("444.jpg", im, quality=80, subsampling=0)
    save("grey.jpg", grey)
    save("progressive.jpg", im, progressive=True)
    save("rgb.jpg", im, keep_rgb=True)
    save("restarts.jpg", im, restart_marker_rows=1)
    save("cmyk.jpg", im.convert("CMYK"))
    # A YCCK file: the same coefficients with an Adobe marker that says 2 instead of 0.
    cmyk = files["cmyk.jpg"]
    at = cmyk.index(b"Adobe") + 11
    files["ycck.jpg"] = cmyk[:at] + b"\x02" + cmyk[at + 1 :]
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        save(f"exif{orientation}.jpg", im, exif=exif, quality=70)
    exif = Image.Exif()
    exif[0x0112] = 6
    save("exif.png", im, exif=exif)
    save("exif.webp", im, exif=exif, lossless=True)
    files["no-end.jpg"] = files["420.jpg"][:-2]
    save("rgb.png", im)
    save("rgba.png", rgba)
    save("grey.png", grey)
    save("grey-alpha.png", rgba.convert("LA"))
    save("palette.png", indexed)
    save("palette-transparent.png", indexed, transparency=bytes(range(256)))
    save("bit.png", grey.convert("1"))
    values = numpy.asarray(grey)
    files["grey2.png"] = png(w, h, 2, 0, packed(values // 64, 2))
    files["grey4.png"] = png(w, h, 4, 0, packed(values // 16, 4))
    for depth in (1, 2, 4):
        colours = rng.integers(0, 256, 3 << depth, dtype=numpy.uint8).tobytes()
        index = rng.integers(0, 1 << depth, (h, w))
        files[f"palette{depth}.png"] = png(w, h, depth, 3, packed(index, depth), palette=colours)
    index = rng.integers(0, 8, (h, w))
    files["palette-short.png"] = png(w, h, 8, 3, packed(index, 8), palette=bytes(range(15)))
    files["grey16.png"] = png(w, h, 16, 0, [row.astype(">u2").tobytes() for row in wide[..., 0] % 600])
    files["grey-transparent.png"] = png(w, h, 8, 0, [row.tobytes() for row in values], transparent=b"\0\x40")
    files["rgb16.png"] = png(w, h, 16, 2, [row.astype(">u2").tobytes() for row in wide])
    files["interlaced.png"] = png(w, h, 8, 2, adam7(numpy.asarray(im)), interlaced=True)
    files["interlaced-grey16.png"] = png(w, h, 16, 0, adam7((wide[..., 0] % 600).astype(">u2")), interlaced=True)
    save("lossy.webp", im, quality=80)
    save("lossless.webp", im, lossless=True)
    save("lossy-alpha.webp", rgba, quality=80)
    save("lossless-alpha.webp", rgba, lossless=True, exact=True)
    save("animated.webp", im, save_all=True, append_images=[ImageOps.invert(im)], lossless=True)

    table = []
    for name, data in files.items():
        (folder / "files" / name).write_bytes(data)
        if name == "no-end.jpg":  # Pillow refuses it for its missing end marker, although every pixel is there
            continue
        image = Image.open(io.BytesIO(data))
        turned = ImageOps.exif_transpose(image).convert("RGB")
        table.append({
            "name": name, "width": image.width, "height": image.height,
            "crc": zlib.crc32(image.convert("RGB").tobytes()),
            "orientation": image.getexif().get(0x0112, 1), "turned": zlib.crc32(turned.tobytes()),
        })
    (folder / "files.json").write_text(json.dumps(table, separators=(",", ":")))

    # Larger than the border that the region decoder keeps around what it is asked for.
    large = picture(330, 290, 8)
    large.save(folder / "large.jpg", quality=60)

    broken = {
        "empty.jpg": b"", "text.png": b"this is no picture at all",
        "cut.jpg": files["420.jpg"][:700], "cut-header.jpg": files["420.jpg"][:100],
        "cut-progressive.jpg": files["progressive.jpg"][:-300], "two-components.jpg": None,
        "cut.png": files["rgb.png"][:900], "cut.webp": files["lossy.webp"][:120],
        "claims.png": None, "claims.jpg": None, "cut-webp-header.webp": files["lossy.webp"][:20],
        "animated-cut.webp": files["animated.webp"][:200],
    }
    checksum = bytearray(files["rgb.png"])
    checksum[checksum.index(b"IDAT") + 30] ^= 1
    broken["checksum.png"] = bytes(checksum)
    broken["claims.png"] = png(30000, 5000, 8, 2, [b"abc"])
    start = files["420.jpg"].index(b"\xff\xc0")
    claims = bytearray(files["420.jpg"])
    claims[start + 5 : start + 9] = struct.pack(">HH", 13000, 13000)
    broken["claims.jpg"] = bytes(claims)
    two = bytearray(files["grey.jpg"])
    start = two.index(b"\xff\xc0")
    two[start + 2 : start + 4] = b"\0\x0e"
    two[start + 9] = 2
    two[start + 13 : start + 13] = b"\x02\x11\0"
    broken["two-components.jpg"] = bytes(two)
    for name, data in broken.items():
        (folder / "files" / f"broken-{name}").write_bytes(data)
        try:
            Image.open(io.BytesIO(data)).convert("RGB")
        except Exception as error:
            print(f"{name}: {type(error).__name__}")
        else:
            print(f"{name}: Pillow reads it")
    (folder / "broken.json").write_text(json.dumps(sorted(broken), separators=(",", ":")))


if __name__ == "__main__":
    main()

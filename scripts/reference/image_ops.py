"""Makes Tests/SubDataTests/Fixtures/image/ops: every pixel operation by Pillow and timm, on three small pictures.

Usage: python3 scripts/reference/image_ops.py Tests/SubDataTests/Fixtures/image   (Pillow 13, timm 1.0, numpy)

ops.json lists the cases in the notation of `PixelOperation` (Codable); ops.bin holds every result, one after the other,
as raw RGB bytes. inputs.bin holds the pictures themselves. Resizes are listed in resizes.json / resizes.bin.
"""
import json
import pathlib
import sys
import zlib

import numpy
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from timm.data import auto_augment as timm

FILL = (124, 116, 104)
SIZES = [(17, 13), (32, 32), (64, 48)]


def picture(width, height, seed):
    """Smooth shades with noise on top, so that both flat and busy places occur."""
    rng = numpy.random.default_rng(seed)
    x, y = numpy.meshgrid(numpy.linspace(0, 1, width), numpy.linspace(0, 1, height))
    shades = numpy.stack([200 * x + 30 * y, 240 * y * (1 - x), 120 + 100 * numpy.sin(5 * x + 3 * y)], axis=2)
    noise = rng.integers(-30, 31, (height, width, 3)) * (x[..., None] > 0.4)
    return Image.fromarray(numpy.clip(shades + noise, 0, 255).astype(numpy.uint8))


def operations():
    """(the operation as Codable writes it, what Pillow or timm does)"""
    yield "grayscale", {}, lambda im: im.convert("L").convert("RGB")
    for threshold in (0, 26, 128, 179, 256):
        yield "solarize", {"threshold": threshold}, lambda im, t=threshold: ImageOps.solarize(im, t)
    for add in (0, 77, 99, 110, 128):
        yield "solarizeAdd", {"add": add}, lambda im, a=add: timm.solarize_add(im, a)
    for sigma in (0.1, 0.35, 0.5, 1.0, 1.3, 1.77, 2.0, 5.5):
        yield "gaussianBlur", {"sigma": sigma}, lambda im, s=sigma: im.filter(ImageFilter.GaussianBlur(s))
    for name, kind in (
        ("brightness", ImageEnhance.Brightness), ("contrast", ImageEnhance.Contrast),
        ("saturation", ImageEnhance.Color), ("sharpness", ImageEnhance.Sharpness),
    ):
        for factor in (0.0, 0.1, 0.19, 0.7, 0.9123, 1.0, 1.0771, 1.36, 1.81, 1.9):
            yield name, {"factor": factor}, lambda im, k=kind, f=factor: k(im).enhance(f)
    yield "autoContrast", {}, ImageOps.autocontrast
    yield "equalize", {}, ImageOps.equalize
    yield "invert", {}, ImageOps.invert
    for bits in range(1, 9):
        yield "posterize", {"bits": bits}, lambda im, b=bits: timm.posterize(im, b)
    for filter_name, code in (("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)):
        keys = dict(resample=code, fillcolor=FILL)
        for degrees in (-30.0, -13.7, 0.0, 0.5, 27.0, 90.0, 180.0, 213.4):
            yield "rotate", {"degrees": degrees, "_1": filter_name}, lambda im, d=degrees, k=keys: timm.rotate(im, d, **k)
        for factor in (-0.27, -0.03, 0.0, 0.111, 0.3):
            yield "shearX", {"factor": factor, "_1": filter_name}, lambda im, f=factor, k=keys: timm.shear_x(im, f, **k)
            yield "shearY", {"factor": factor, "_1": filter_name}, lambda im, f=factor, k=keys: timm.shear_y(im, f, **k)
        for share in (-0.45, -0.2, 0.0, 0.01, 0.405):
            yield "translateX", {"share": share, "_1": filter_name}, lambda im, s=share, k=keys: timm.translate_x_rel(im, s, **k)
            yield "translateY", {"share": share, "_1": filter_name}, lambda im, s=share, k=keys: timm.translate_y_rel(im, s, **k)


def main():
    folder = pathlib.Path(sys.argv[1])
    pictures = [picture(*size, seed) for seed, size in enumerate(SIZES)]
    (folder / "inputs.bin").write_bytes(b"".join(im.tobytes() for im in pictures))
    cases, results = [], []
    for number, im in enumerate(pictures):
        for name, values, function in operations():
            cases.append({"picture": number, "operation": {name: values}})
            results.append(function(im).tobytes())
    (folder / "ops.json").write_text(json.dumps({"sizes": SIZES, "fill": FILL, "cases": cases}, separators=(",", ":")))
    # A checksum per result: the pixels themselves would be two megabytes.
    sums = [zlib.crc32(result) for result in results]
    (folder / "ops.bin").write_bytes(numpy.array(sums, dtype="<u4").tobytes())
    resizes, sums = [], []
    for number, im in enumerate(pictures):
        for filter_name, code in (("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)):
            w, h = im.size
            for area in ((0, 0, w, h), (3, 2, w - 5, h - 4), (w // 2, 1, 5, h - 1), (1, h // 2, w - 2, 3)):
                for size in ((5, 7), (16, 16), (40, 23), (23, 40), (w, 9), (9, h), (area[2], area[3]), (96, 96)):
                    box = (area[0], area[1], area[0] + area[2], area[1] + area[3])
                    resizes.append({"picture": number, "filter": filter_name, "area": area, "size": size})
                    sums.append(zlib.crc32(im.crop(box).resize(size, code).tobytes()))
    (folder / "resizes.json").write_text(json.dumps(resizes, separators=(",", ":")))
    (folder / "resizes.bin").write_bytes(numpy.array(sums, dtype="<u4").tobytes())
    print(len(cases), "operations,", len(resizes), "resizes")


if __name__ == "__main__":
    main()

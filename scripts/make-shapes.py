#!/usr/bin/env python3
"""Draws datasets/shapes: small labelled pictures of eight shapes and textures, the data of a first run.

Usage: python3 scripts/make-shapes.py [datasets/shapes]

Needs Python 3.9, numpy and Pillow. The same versions give the same bytes; the pictures in the repository are what counts.
A quarter of the pictures are PNG, the others JPEG. Colours are drawn without regard to the class: only form tells the classes apart.
"""
import colorsys
import math
import pathlib
import random
import shutil
import sys

import numpy
from PIL import Image, ImageDraw

SIZE, SCALE = 32, 4  # pictures are drawn four times as large and shrunk, which smooths their edges
CLASSES = ["checker", "columns", "cross", "disc", "ring", "rows", "square", "triangle"]
TRAIN, VALIDATION = 96, 20  # per class


def colours(rng):
    """A bright foreground and a dark background of another hue."""
    hue = rng.random()
    bright, dark = rng.uniform(0.75, 1.0), rng.uniform(0.1, 0.4)
    pair = [
        colorsys.hsv_to_rgb(hue, rng.uniform(0.3, 1.0), bright),
        colorsys.hsv_to_rgb((hue + rng.uniform(0.25, 0.75)) % 1, rng.uniform(0.3, 1.0), dark),
    ]
    return [tuple(int(255 * channel) for channel in colour) for colour in pair]


def turned(points, angle, x, y):
    cosine, sine = math.cos(angle), math.sin(angle)
    return [(x + cosine * a - sine * b, y + sine * a + cosine * b) for a, b in points]


def draw(kind, rng):
    front, back = colours(rng)
    full = SIZE * SCALE
    image = Image.new("RGB", (full, full), back)
    pen = ImageDraw.Draw(image)
    x, y = (full / 2 + rng.uniform(-5, 5) * SCALE for _ in range(2))
    r = rng.uniform(8, 12) * SCALE
    angle = math.radians(rng.uniform(-15, 15))
    if kind in ("columns", "rows", "checker"):
        period, phase = rng.uniform(6, 10) * SCALE, rng.random()
        a, b = numpy.meshgrid(numpy.arange(full), numpy.arange(full))
        first = numpy.floor(2 * (a / period + phase)) % 2
        second = numpy.floor(2 * (b / period + rng.random())) % 2
        mask = {"columns": first, "rows": second, "checker": (first + second) % 2}[kind]
        image.paste(front, mask=Image.fromarray((255 * mask).astype(numpy.uint8)))
    elif kind == "disc":
        pen.ellipse([x - r, y - r, x + r, y + r], fill=front)
    elif kind == "ring":
        pen.ellipse([x - r, y - r, x + r, y + r], fill=front)
        hole = r * rng.uniform(0.5, 0.65)
        pen.ellipse([x - hole, y - hole, x + hole, y + hole], fill=back)
    elif kind == "square":
        pen.polygon(turned([(-r, -r), (r, -r), (r, r), (-r, r)], angle, x, y), fill=front)
    elif kind == "triangle":
        pen.polygon(turned([(0, -1.2 * r), (1.1 * r, 0.8 * r), (-1.1 * r, 0.8 * r)], angle, x, y), fill=front)
    else:
        w = r * rng.uniform(0.3, 0.4)
        for bar in ([(-r, -w), (r, -w), (r, w), (-r, w)], [(-w, -r), (w, -r), (w, r), (-w, r)]):
            pen.polygon(turned(bar, angle, x, y), fill=front)
    pixels = numpy.asarray(image.resize((SIZE, SIZE), Image.BOX), dtype=numpy.float64)
    noise = numpy.random.default_rng(rng.getrandbits(32)).normal(0, 6, (SIZE, SIZE, 3))
    return Image.fromarray(numpy.clip(numpy.rint(pixels + noise), 0, 255).astype(numpy.uint8))


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "datasets/shapes")
    for split, count in (("train", TRAIN), ("val", VALIDATION)):
        shutil.rmtree(root / split, ignore_errors=True)
        for kind in CLASSES:
            folder = root / split / kind
            folder.mkdir(parents=True)
            for number in range(count):
                image = draw(kind, random.Random(f"{split}/{kind}/{number}"))
                if number % 4:
                    image.save(folder / f"{number:03}.jpg", quality=90)
                else:
                    image.save(folder / f"{number:03}.png", optimize=True)


if __name__ == "__main__":
    main()

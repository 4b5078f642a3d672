#!/usr/bin/env python3
"""Draws the embedded image-caption set: coloured shapes, with captions from a grammar of our own.

    python3 scripts/make-captions.py [datasets/captions]

Writes WebDataset shards (train-0000.tar.gz to train-0003.tar.gz, val-0000.tar.gz; .png, .txt and .json per sample),
classes.txt and templates.txt. The same bytes on every run. No scene of the validation shard occurs in training, and
its captions are all different. Needs Pillow.
"""
import gzip
import io
import json
import math
import os
import random
import sys
import tarfile

from PIL import Image, ImageDraw

SIDE, SCALE = 48, 4
COLOURS = {"red": (214, 40, 40), "green": (46, 160, 67), "blue": (38, 84, 214), "yellow": (245, 203, 32),
           "purple": (140, 60, 190), "orange": (243, 132, 34)}
SHAPES = ["circle", "square", "triangle", "star", "cross", "ring"]
GROUNDS = {"white": (246, 246, 244), "black": (20, 20, 22), "grey": (138, 140, 144)}
SIZES = {"small": (6.0, 7.5), "": (9.0, 10.5), "big": (12.5, 15.0)}
PLACES = {"in the top left corner": (0.3, 0.3), "at the top": (0.5, 0.3), "in the top right corner": (0.7, 0.3),
          "on the left": (0.3, 0.5), "in the middle": (0.5, 0.5), "on the right": (0.7, 0.5),
          "in the bottom left corner": (0.3, 0.7), "at the bottom": (0.5, 0.7), "in the bottom right corner": (0.7, 0.7)}
RELATIONS = {"above": (0, 1), "below": (0, -1), "to the left of": (1, 0), "to the right of": (-1, 0)}
COUNTS = {2: "two", 3: "three", 4: "four"}
TEMPLATES = ["a {}", "a photo of a {}", "a picture of a {}", "a drawing of a {}", "there is a {}", "one {}"]


def plural(shape):
    return shape + ("es" if shape.endswith("s") else "s")


def article(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def outline(shape, x, y, r, turn):
    def point(angle, radius):
        return (x + radius * math.sin(angle + turn), y - radius * math.cos(angle + turn))

    if shape == "square":
        return [point(math.pi / 4 + k * math.pi / 2, r * 1.25) for k in range(4)]
    if shape == "triangle":
        return [point(k * 2 * math.pi / 3, r * 1.25) for k in range(3)]
    if shape == "star":
        return [point(k * math.pi / 5, r * (1.25 if k % 2 == 0 else 0.5)) for k in range(10)]
    corners = []
    for k in range(4):
        for angle, radius in ((-0.32, 1.2), (0.32, 1.2), (math.pi / 4, 0.54)):
            corners.append(point(k * math.pi / 2 + angle, r * radius))
    return corners


def paint(scene, draw):
    image = Image.new("RGB", (SIDE * SCALE, SIDE * SCALE), GROUNDS[scene["ground"]])
    brush = ImageDraw.Draw(image)
    for item in scene["items"]:
        x, y, r = (v * SCALE for v in (item["x"], item["y"], item["r"]))
        colour = tuple(min(255, max(0, c + draw.randint(-14, 14))) for c in COLOURS[item["colour"]])
        box = (x - r, y - r, x + r, y + r)
        if item["shape"] == "circle":
            brush.ellipse(box, fill=colour)
        elif item["shape"] == "ring":
            brush.ellipse(box, outline=colour, width=max(2, round(r * 0.36)))
        else:
            brush.polygon(outline(item["shape"], x, y, r, draw.uniform(-0.15, 0.15)), fill=colour)
    small = image.resize((SIDE, SIDE), Image.Resampling.BOX).quantize(24, dither=Image.Dither.NONE)
    bytes_ = io.BytesIO()
    small.save(bytes_, "PNG", optimize=True)
    return bytes_.getvalue()


def single(draw, colour, shape):
    """One object: what can be said of it, and its place."""
    ground, size, place = draw.choice(list(GROUNDS)), draw.choice(list(SIZES)), draw.choice(list(PLACES))
    r = draw.uniform(*SIZES[size])
    x, y = (p * SIDE + draw.uniform(-1.5, 1.5) for p in PLACES[place])
    keep = lambda v: min(SIDE - 1 - r, max(r + 1, v))
    what = f"{size} {colour} {shape}".strip()
    return {"kind": ("one", ground, size, place, colour, shape), "ground": ground, "what": what, "place": place,
            "bare": f"{colour} {shape}", "items": [dict(x=keep(x), y=keep(y), r=r, colour=colour, shape=shape)]}


def several(draw, colour, shape):
    ground, count = draw.choice(list(GROUNDS)), draw.choice(list(COUNTS))
    row = draw.choice(["in a row", "in a column"])
    r = draw.uniform(4.5, 5.5) if count == 4 else draw.uniform(5.5, 6.5)
    items = []
    for k in range(count):
        along = SIDE * (k + 0.5) / count + draw.uniform(-0.7, 0.7)
        across = SIDE / 2 + draw.uniform(-2, 2)
        x, y = (along, across) if row == "in a row" else (across, along)
        items.append(dict(x=x, y=y, r=r, colour=colour, shape=shape))
    return {"kind": ("many", ground, count, row, colour, shape), "ground": ground, "items": items,
            "what": f"{COUNTS[count]} {colour} {plural(shape)}", "place": row, "bare": f"{colour} {shape}"}


def related(draw, colour, shape):
    ground, relation = draw.choice(list(GROUNDS)), draw.choice(list(RELATIONS))
    other = (draw.choice([c for c in COLOURS if c != colour]), draw.choice(SHAPES))
    dx, dy = RELATIONS[relation]
    items = []
    for sign, (c, s) in ((-1, (colour, shape)), (1, other)):
        items.append(dict(x=SIDE * (0.5 + 0.24 * sign * dx) + draw.uniform(-1.5, 1.5),
                          y=SIDE * (0.5 + 0.24 * sign * dy) + draw.uniform(-1.5, 1.5),
                          r=draw.uniform(7.0, 8.5), colour=c, shape=s))
    return {"kind": ("two", ground, relation, colour, shape) + other, "ground": ground, "items": items,
            "what": f"{colour} {shape}", "place": f"{relation} {article(' '.join(other))}", "bare": None}


def caption(scene, draw, full):
    what, place, ground = scene["what"], scene["place"], scene["ground"]
    subject = what if scene["kind"][0] == "many" else article(what)
    if full:
        return draw.choice([
            f"{subject} {place} on a {ground} background", f"on a {ground} background, {subject} {place}",
            f"a picture of {subject} {place}, the background is {ground}", f"{subject} {place} in front of {ground}"])
    verb = "are" if scene["kind"][0] == "many" else "is"
    choices = [f"{subject} {place}", f"a photo of {subject} {place}", f"there {verb} {subject} {place}", f"{subject}.",
               f"a drawing of {subject}", f"a photo of {subject}", f"a picture of {subject}", f"there {verb} {subject}"]
    return draw.choice(choices[:3] if scene["bare"] is None else choices)


def write(path, samples):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for key, parts in samples:
            for ending, content in parts:
                info = tarfile.TarInfo(f"{key}.{ending}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(plain.getvalue())


def main(folder):
    draw = random.Random(20)
    os.makedirs(folder, exist_ok=True)
    classes = [f"{c} {s}" for c in COLOURS for s in SHAPES]
    pairs = [(c, s) for c in COLOURS for s in SHAPES]
    seen, said, held = set(), set(), []
    for make, each in ((single, 6), (related, 2), (several, 1)):
        for pair in pairs * each:
            while True:
                scene = make(draw, *pair)
                words = caption(scene, draw, True)
                if scene["kind"] not in seen and words not in said:
                    break
            seen.add(scene["kind"])
            said.add(words)
            held.append((scene, words))
    draw.shuffle(held)
    train = []
    while len(train) < 4000:
        make = draw.choices([single, several, related], [0.6, 0.15, 0.25])[0]
        scene = make(draw, *pairs[len(train) % len(pairs)])
        if scene["kind"] not in seen:
            train.append((scene, caption(scene, draw, draw.random() < 0.6)))
    draw.shuffle(train)

    def sample(index, scene, words):
        about = {"caption": words, "key": f"{index:06d}"}
        if scene["kind"][0] == "one":
            about |= {"class": scene["bare"], "label": classes.index(scene["bare"])}
        return about["key"], [("png", paint(scene, draw)), ("txt", words.encode()), ("json", json.dumps(about).encode())]

    for shard in range(4):
        part = train[1000 * shard:1000 * (shard + 1)]
        write(os.path.join(folder, f"train-{shard:04d}.tar.gz"),
              [sample(1000 * shard + i, *scene) for i, scene in enumerate(part)])
    write(os.path.join(folder, "val-0000.tar.gz"), [sample(i, *scene) for i, scene in enumerate(held)])
    for name, lines in (("classes.txt", classes), ("templates.txt", TEMPLATES)):
        with open(os.path.join(folder, name), "w") as file:
            file.write("\n".join(lines) + "\n")
    print(f"{len(train)} pairs for training, {len(held)} held out, {len(classes)} classes")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "datasets/captions")

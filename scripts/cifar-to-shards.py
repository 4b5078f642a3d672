#!/usr/bin/env python3
"""Turns class folders in a tar archive into WebDataset shards with captions made from the class names:

    python3 scripts/cifar-to-shards.py cifar10.tar.gz shards/cifar10 [--split train] [--per-shard 5000] [--limit N]

The archive holds SPLIT/CLASS/*.jpg (or .png). The split train becomes train-0000.tar and so on, shuffled, with .jpg,
.txt (a template filled with the class name, drawn per image) and .json (class, label). Other splits are unpacked into
folders, SPLIT/CLASS/*.jpg, as zero-shot evaluation reads them. classes.txt lists the names in label order. The same
seed writes the same bytes.
"""
import argparse
import io
import json
import os
import random
import tarfile

TEMPLATES = ["a photo of a {}.", "a photo of the {}.", "a blurry photo of a {}.", "a low resolution photo of a {}.",
             "a small picture of a {}.", "a cropped photo of the {}.", "{}", "this is a photo of a {}."]
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")


def caption(draw, name, plain):
    text = (TEMPLATES[0] if plain else draw.choice(TEMPLATES)).replace("{}", name)
    for vowel in "aeiou":
        text = text.replace(f"a {name}", f"an {name}") if name.startswith(vowel) else text
    return text


def read(path):
    """Every picture as (split, class, file name, bytes); links, odd names and anything else are left out."""
    with tarfile.open(path, "r:*") as archive:
        for member in archive:
            parts = [p for p in member.name.split("/") if p not in ("", ".")]
            if member.isfile() and len(parts) >= 3 and ".." not in parts and parts[-1].lower().endswith(ENDINGS):
                yield parts[-3], parts[-2], parts[-1], archive.extractfile(member).read()


def write(path, samples):
    temporary = path + ".part"
    with tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as shard:
        for key, ending, image, text, about in samples:
            for kind, content in ((ending, image), ("txt", text.encode()), ("json", json.dumps(about).encode())):
                info = tarfile.TarInfo(f"{key}.{kind}")
                info.size = len(content)
                shard.addfile(info, io.BytesIO(content))
    os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("output")
    parser.add_argument("--split", default="train", help="the split that becomes shards")
    parser.add_argument("--per-shard", type=int, default=5000)
    parser.add_argument("--limit", type=int, help="at most this many pictures of the split, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="only the first template")
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    draw = random.Random(options.seed)
    training, others, classes = [], 0, set()
    for split, name, file, image in read(options.archive):
        classes.add(name)
        if split == options.split:
            training.append((name, file, image))
            continue
        folder = os.path.join(options.output, split, name)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, file), "wb") as out:
            out.write(image)
        others += 1
    if not training:
        raise SystemExit(f"{options.archive}: no pictures under {options.split}/CLASS/")
    names = sorted(classes)
    training.sort(key=lambda item: item[:2])
    draw.shuffle(training)
    training = training[:options.limit]
    count = 0
    for start in range(0, len(training), options.per_shard):
        samples = []
        for index, (name, file, image) in enumerate(training[start:start + options.per_shard], start):
            words = name.replace("_", " ")
            about = {"class": words, "label": names.index(name)}
            ending = os.path.splitext(file)[1][1:].lower()
            samples.append((f"{index:06d}", ending, image, caption(draw, words, options.plain), about))
        write(os.path.join(options.output, f"{options.split}-{count:04d}.tar"), samples)
        count += 1
    with open(os.path.join(options.output, "classes.txt"), "w") as out:
        out.write("".join(name.replace("_", " ") + "\n" for name in names))
    print(f"{len(training)} pairs in {count} shards, {others} other pictures, {len(names)} classes in {options.output}")


if __name__ == "__main__":
    main()

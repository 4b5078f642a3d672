"""Times training images as timm, torchvision and Pillow make them, on one thread: what `masksub bench` does as
images-deit3 and images-mae.

Usage: python3 scripts/reference/image_pipeline.py DIR [--workload deit3 mae] [--batch 64] [--steps 5] [--warmup 2]

DIR holds class folders of pictures. Both at 224 pixels, without mixing, from the file to a normalised float batch:

deit3  random resized crop (bicubic, 8% to 100%), flip, one of greyscale, solarise and blur, colour jitter 0.3,
       ImageNet's mean and deviation (naver-ai/augsub deit/augment.py)
mae    random resized crop, flip, rand-m9-mstd0.5-inc1, ImageNet's mean and deviation, random erasing 0.25 of pixel
       noise (timm's create_transform, as facebookresearch/mae util/datasets.py calls it)

Prints a line per workload with the median over the steps. Give both sides a --batch of all pictures, so that every step
does the same work.
"""
import argparse
import pathlib
import random
import statistics
import time

import numpy
import PIL
import timm
import torch
import torchvision
from PIL import Image, ImageFilter, ImageOps
from timm.data import auto_augment, create_transform
from torchvision import transforms

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class ThreeAugment:
    """One of greyscale, solarise and Gaussian blur, each as often."""

    def __call__(self, image):
        kind = random.randrange(3)
        if kind == 0:
            return image.convert("L").convert("RGB")
        if kind == 1:
            return ImageOps.solarize(image)
        return image.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 2.0)))


def deit3(size):
    return transforms.Compose([
        transforms.RandomResizedCrop(size, scale=(0.08, 1.0), interpolation=transforms.InterpolationMode.BICUBIC),
        transforms.RandomHorizontalFlip(), ThreeAugment(), transforms.ColorJitter(0.3, 0.3, 0.3),
        transforms.ToTensor(), transforms.Normalize(MEAN, DEVIATION),
    ])


def mae(size):
    return create_transform(
        input_size=size, is_training=True, color_jitter=None, auto_augment="rand-m9-mstd0.5-inc1",
        interpolation="bicubic", re_prob=0.25, re_mode="pixel", re_count=1, mean=MEAN, std=DEVIATION)


def posterize(image, bits, **_):
    """timm's, with 0 bits as older Pillow took them (a black picture): the newer one stops there."""
    if bits >= 8:
        return image
    return ImageOps.posterize(image, bits) if bits > 0 else image.point(lambda value: 0)


def load(path):
    """torchvision's pil_loader."""
    with open(path, "rb") as file:
        return Image.open(file).convert("RGB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--workload", nargs="+", choices=["deit3", "mae"], default=["deit3", "mae"])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    random.seed(options.seed)
    numpy.random.seed(options.seed)
    torch.manual_seed(options.seed)
    auto_augment.NAME_TO_OP["PosterizeIncreasing"] = posterize
    kinds = {".jpg", ".jpeg", ".png", ".webp"}
    files = sorted(path for path in pathlib.Path(options.data).rglob("*") if path.suffix.lower() in kinds)
    batch = min(options.batch, len(files))
    print(
        f"timm {timm.__version__}, torchvision {torchvision.__version__}, Pillow {PIL.__version__}, {len(files)} files",
        flush=True)
    for name in options.workload:
        transform = {"deit3": deit3, "mae": mae}[name](224)
        times, order = [], []
        for step in range(options.warmup + options.steps):
            if len(order) < batch:
                order = random.sample(files, len(files))
            chosen, order = order[:batch], order[batch:]
            start = time.perf_counter()
            torch.stack([transform(load(path)) for path in chosen])
            if step >= options.warmup:
                times.append(time.perf_counter() - start)
        print(
            f"torchvision images-{name} threads=1 batch={batch} images_per_s={batch / statistics.median(times):.2f}",
            flush=True)


if __name__ == "__main__":
    main()

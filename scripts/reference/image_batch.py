"""Makes Tests/SubDataTests/Fixtures/image/batch.json: normalisation, mixup, CutMix and targets by torch, torchvision, timm.

Usage: python3 scripts/reference/image_batch.py Tests/SubDataTests/Fixtures/image   (timm 1.0, torchvision 0.29)

The pictures are the rows of inputs.bin's second picture (32x32) cut into four of 16x16, in reading order.
"""
import json
import pathlib
import sys
import zlib

import numpy
import torch
from PIL import Image
from timm.data.mixup import mixup_target
from torchvision import transforms

from image_ops import picture

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CLIP = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def crc(tensor):
    return zlib.crc32(numpy.ascontiguousarray(tensor.numpy()).tobytes())


def main():
    folder = pathlib.Path(sys.argv[1])
    whole = picture(32, 32, 1)
    parts = [whole.crop((x, y, x + 16, y + 16)) for y in (0, 16) for x in (0, 16)]
    normalise = transforms.Compose([transforms.ToTensor(), transforms.Normalize(MEAN, STD)])
    clip = transforms.Compose([transforms.ToTensor(), transforms.Normalize(*CLIP)])
    batch = torch.stack([normalise(part) for part in parts])
    result = {"normalised": crc(batch), "clip": crc(torch.stack([clip(part) for part in parts]))}

    weight = 0.3
    mixed = batch.clone()
    flipped = mixed.flip(0).mul_(1.0 - weight)
    mixed.mul_(weight).add_(flipped)
    result["mixup"] = crc(mixed)
    odd = batch[:3].clone()
    flipped = odd.flip(0).mul_(1.0 - weight)
    odd.mul_(weight).add_(flipped)
    result["mixupOdd"] = crc(odd)

    cut = batch.clone()
    cut[:, :, 3:11, 5:16] = cut.flip(0)[:, :, 3:11, 5:16]
    result["cutmix"] = crc(cut)

    # timm's FastCollateMixup on bytes, then normalisation as ToTensor and Normalize do it.
    arrays = [numpy.asarray(part) for part in parts]
    rounded = []
    for i in range(4):
        value = arrays[i].astype(numpy.float32) * weight + arrays[3 - i].astype(numpy.float32) * (1 - weight)
        rounded.append(numpy.rint(value).astype(numpy.uint8))
    result["mixupBytes"] = zlib.crc32(numpy.stack(rounded).tobytes())

    result["targets"] = []
    for labels, classes, lam, smoothing in (
        ([0, 3, 3, 1], 5, 0.3, 0.1), ([7, 2, 4, 7], 1000, 0.71, 0.1), ([1, 0, 2, 1], 3, 0.25, 0.0), ([1, 0, 2], 3, 1.0, 0.1),
    ):
        target = mixup_target(torch.tensor(labels), classes, lam, smoothing)
        result["targets"].append({
            "labels": labels, "classes": classes, "weight": lam, "smoothing": smoothing,
            "values": [float(v) for v in target[:, :8].reshape(-1)],
        })

    # DeiT's simple crop: shorter side to 24, 4 reflected pixels, a 24x24 window.
    source = picture(17, 13, 0)
    small = transforms.functional.resize(source, 24, transforms.InterpolationMode.BICUBIC)
    padded = transforms.functional.pad(small, 4, padding_mode="reflect")
    result["simple"] = {
        "width": small.width, "height": small.height,
        "crcs": [zlib.crc32(padded.crop((x, y, x + 24, y + 24)).tobytes()) for x, y in ((0, 0), (5, 8), (15, 3))],
    }
    evaluation = transforms.Compose([
        transforms.Resize(20, transforms.InterpolationMode.BICUBIC), transforms.CenterCrop(16),
    ])
    result["evaluation"] = zlib.crc32(evaluation(source).tobytes())
    (folder / "batch.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()

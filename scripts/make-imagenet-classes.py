#!/usr/bin/env python3
"""Writes what ImageNet's 1,000 classes are called, a name a line in the order of their sorted WordNet ids.

    python3 scripts/make-imagenet-classes.py [datasets/imagenet/classes.txt]

The names are CLIP's, as open_clip carries them. Needs open_clip_torch 3.3.
"""
import os
import sys

from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(root, "datasets/imagenet/classes.txt")
assert len(IMAGENET_CLASSNAMES) == 1000
with open(path, "w", encoding="utf-8") as file:
    file.writelines(name + "\n" for name in IMAGENET_CLASSNAMES)

#!/usr/bin/env python3
"""Makes the small trace cases of Tests/VisionSubTests/Fixtures/traces, one a family, with trace_vit.py.

    vision_fixtures.py [OUT_DIR]

Each case is as trace_vit.py writes it, at a size of some 100 KB: images of 48 or 32 pixels, 12 features, 2 blocks; what
is expected is rounded from float64 to float32.

Needs: torch, timm, safetensors
"""

import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
SMALL = "--embed-dim 12 --depth 2 --batch 2 --classes 5"
CASES = {
    "vit-token": f"vit_tiny_patch16_224 {SMALL} --heads 1 --img-size 48 --ratio 0.25 --seed 1",
    "deit3-official": f"deit3_small_patch16_224 {SMALL} --heads 1 --img-size 32 --loss bce --names official --seed 2",
    "mae-avg": f"vit_base_patch16_224 {SMALL} --heads 1 --img-size 48 --global-pool avg --ratio 0.75 --seed 3",
    "beitv2": f"beitv2_base_patch16_224 {SMALL} --heads 3 --img-size 48 --seed 4",
    "beitv2-shared": f"beitv2_base_patch16_224 {SMALL} --heads 2 --img-size 32 --shared-rel-pos-bias --loss bce --seed 5",
    "clip-token": f"vit_base_patch16_clip_224 {SMALL} --heads 1 --img-size 32 --seed 6",
    "ft-clip": f"vit_base_patch16_clip_quickgelu_224 {SMALL} --heads 1 --img-size 48 --names official --seed 7",
}


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[1] / "Tests/VisionSubTests/Fixtures/traces"
    for name, arguments in CASES.items():
        folder = root / name
        subprocess.run([sys.executable, HERE / "trace_vit.py", folder, *arguments.split()], check=True)
        expected = load_file(folder / "expected.safetensors")
        save_file({key: value.float() for key, value in expected.items()}, folder / "expected.safetensors")
        (folder / "config.json").unlink()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes Tests/SubTrainTests/Fixtures/resize.json: position embeddings and relative biases on other grids.

    vision_resize.py [OUT_FILE]

Position embeddings: torch's bicubic interpolation without antialiasing, in float64. Relative biases: BEiT's method, whose
interp2d(kind="cubic") on a grid is FITPACK's interpolating tensor-product spline, here RectBivariateSpline with s = 0.

Needs: torch, scipy
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from scipy.interpolate import RectBivariateSpline

OUT = Path(__file__).resolve().parents[2] / "Tests/SubTrainTests/Fixtures/resize.json"


def positions(source: int, target: int, width: int) -> dict:
    rows = torch.from_numpy(np.random.default_rng(source).normal(size=(source * source, width)))
    grid = rows.T.reshape(1, width, source, source)
    resized = torch.nn.functional.interpolate(grid, size=(target, target), mode="bicubic", align_corners=False)
    return {"from": source, "to": target, "width": width, "rows": rows.flatten().tolist(),
            "resized": resized.flatten(2)[0].T.flatten().tolist()}


def biases(source: int, target: int, heads: int) -> dict:
    old, new = 2 * source - 1, 2 * target - 1
    table = np.random.default_rng(100 + source).normal(size=(old * old + 3, heads))
    low, high = 1.01, 1.5
    while high - low > 1e-6:
        q = (low + high) / 2
        if (1 - q ** (old // 2)) / (1 - q) > new // 2:
            high = q
        else:
            low = q
    sums = np.cumsum([q ** i for i in range(old // 2)])
    knots = np.concatenate([-sums[::-1], [0], sums])
    points = np.arange(new) - new // 2
    columns = []
    for head in range(heads):
        spline = RectBivariateSpline(knots, knots, table[:-3, head].reshape(old, old), s=0)
        columns.append(spline(np.clip(points, knots[0], knots[-1]), np.clip(points, knots[0], knots[-1])).flatten())
    resized = np.concatenate([np.stack(columns, 1), table[-3:]])
    return {"from": source, "to": target, "heads": heads, "q": q, "table": table.flatten().tolist(),
            "resized": resized.flatten().tolist()}


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    cases = {"positions": [
        positions(12, 14, 2), positions(11, 16, 1), positions(4, 2, 2),
        # Tables of Swin's windows of 7, read at windows of 12 and of 6.
        positions(13, 23, 2), positions(13, 11, 2)],
        "biases": [biases(4, 6, 2), biases(14, 24, 1), biases(5, 3, 1)]}
    out.write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()

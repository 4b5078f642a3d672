#!/usr/bin/env python3
"""Compares what `masksub trace` wrote with a reference, tensor by tensor.

    compare_trace.py EXPECTED OUT [--tolerance 1e-4] [--all]
    compare_trace.py --cases DIR --masksub .build/release/masksub [--only TEXT] [--precision bf16] [--device cuda]

EXPECTED and OUT are safetensors files. The error of a tensor is max |expected - got| / max |expected|. A gradient
that is zero by mathematics (a key's bias, say: softmax does not see it) is nothing but rounding in the reference,
with no scale of its own; it is recognised by a magnitude below 1e-10 of the largest gradient, and held against a
hundredth of that. With --cases, every case folder under DIR (see masksub_step.py) is traced by the tool and compared.
Exit code 1 when a tensor is missing, unexpected, mis-shaped, not finite, or beyond the tolerance.

With --precision bf16 the cases are traced in bf16 and held against PyTorch's own bf16 autocast of the same weights and
batch: ||got - expected|| / ||expected|| of the logits, and of all gradients together. A case has few logits, so that its
figure is a draw; over a family's cases the root mean square of either may be at most 1.15 times PyTorch's.

Needs: safetensors, torch
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file


@dataclass
class Row:
    """One tensor's comparison."""

    name: str
    error: float
    scale: float
    note: str = ""


def compare(expected: dict[str, torch.Tensor], got: dict[str, torch.Tensor]) -> list[Row]:
    """A row for each name of either side; infinite error where the two cannot be compared."""
    tops = {name: (t.double().abs().max().item() if t.numel() else 0.0) for name, t in expected.items()}
    largest = max((top for name, top in tops.items() if name.startswith("grad.")), default=0.0)
    rows = []
    for name in sorted(expected.keys() | got.keys()):
        if name not in got:
            rows.append(Row(name, float("inf"), 0, "missing"))
            continue
        if name not in expected:
            rows.append(Row(name, float("inf"), 0, "unexpected"))
            continue
        a, b = expected[name].double(), got[name].double()
        # A scalar may be written as [] or as [1].
        if [n for n in a.shape if n != 1] != [n for n in b.shape if n != 1]:
            rows.append(Row(name, float("inf"), 0, f"shape {list(b.shape)}, expected {list(a.shape)}"))
            continue
        if not torch.isfinite(b).all():
            rows.append(Row(name, float("inf"), 0, "not finite"))
            continue
        scale, note = tops[name], ""
        if name.startswith("grad.") and scale <= 1e-10 * largest:
            scale, note = largest / 100, "zero in the reference"
        difference = (a.flatten() - b.flatten()).abs().max().item() if a.numel() else 0.0
        rows.append(Row(name, difference / scale if scale > 0 else difference, scale, note))
    return rows


def distances(expected: dict[str, torch.Tensor], got: dict[str, torch.Tensor]) -> dict[str, float]:
    """||got - expected|| / ||expected|| of the logits of both branches, and of all gradients together."""
    groups = {"logits": [name for name in expected if name.endswith(".logits")],
              "gradients": [name for name in expected if name.startswith("grad.")]}
    result = {}
    for group, names in groups.items():
        apart = sum((got[n].double().flatten() - expected[n].double().flatten()).square().sum().item() for n in names)
        whole = sum(expected[n].double().square().sum().item() for n in names)
        result[group] = (apart / whole) ** 0.5
    return result


BF16_SHARE = 1.15  # of PyTorch's own error


def family(case: Path) -> str:
    """A case's family by its folder: bert, clip, or the first word of a vision model's name."""
    words = [word for word in case.name.split("-") if word != "full"]
    return words[0] if case.parent.name == "vit" else case.parent.name


def report_bf16(families: dict[str, list[tuple[dict[str, float], dict[str, float]]]]) -> bool:
    """Prints the root mean square distances of every family beside PyTorch's; true where none is beyond its share."""
    good = True
    for name, cases in sorted(families.items()):
        line = []
        for group in ("logits", "gradients"):
            own, peer = ((sum(side[group] ** 2 for side in sides) / len(cases)) ** 0.5 for sides in zip(*cases))
            line.append(f"{group} {own:.2e}, PyTorch {peer:.2e}, ratio {own / peer:.2f}")
            good = good and own <= BF16_SHARE * peer
        print(f"{name} ({len(cases)} cases): {'; '.join(line)}")
    return good


def report(rows: list[Row], tolerance: float, loose: dict[str, float], everything: bool) -> bool:
    """Prints the rows; true when all are within the tolerance, those of `loose` within their own."""
    bad = [row for row in rows if not row.error <= max(tolerance, loose.get(row.name, 0))]
    shown = rows if everything else bad
    for row in sorted(shown, key=lambda row: -row.error):
        print(f"  {row.error:9.2e}  scale {row.scale:9.2e}  {row.name}  {row.note}".rstrip())
    if rows:
        worst = max((row for row in rows if row.name not in loose), key=lambda row: row.error)
        found = f"{worst.error:.2e} {worst.name} {worst.note}".rstrip()
        apart = f", {len(loose)} of them with a tolerance of their own" if loose else ""
        print(f"  {len(rows)} tensors{apart}, {len(bad)} beyond {tolerance:g}; worst of the others {found}")
    else:
        print("  no tensors at all")
    return bool(rows) and not bad


def run_cases(folder: Path, masksub: str, tolerance: float, only: str, everything: bool, machine: list[str]) -> bool:
    """Traces and compares every case under a folder; a case may ask for a wider tolerance of some tensors."""
    cases = sorted(path.parent for path in folder.rglob("case.json") if only in str(path.parent))
    failed, families = [], {}
    for case in cases:
        facts = json.loads((case / "case.json").read_text())
        command = [masksub, "trace", *facts["arguments"], *machine, "--output", "out.safetensors"]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=case, capture_output=True, text=True)
        print(f"{case.relative_to(folder)}: exit {done.returncode}, {time.perf_counter() - start:.1f} s")
        if done.returncode != 0:
            print("  " + " ".join(command) + "\n  " + done.stderr.strip()[-500:])
            failed.append(case)
            continue
        out = case / "out.safetensors"
        expected, got = load_file(case / "expected.safetensors"), load_file(out)
        if "bf16" in machine:
            own, peer = distances(expected, got), facts["torch_bf16"]
            print("  " + ", ".join(f"{group} {own[group]:.2e}, PyTorch {peer[group]:.2e}" for group in own))
            families.setdefault(family(case), []).append((own, peer))
            out.unlink()
            continue
        rows = compare(expected, got)
        if report(rows, tolerance, facts.get("loose", {}), everything):
            out.unlink()
        else:
            failed.append(case)
    print(f"{len(cases)} cases, {len(failed)} failed" + "".join(f"\n  {case}" for case in failed))
    return bool(cases) and not failed and report_bf16(families)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="EXPECTED OUT", help="two safetensors files")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--all", action="store_true", help="print every tensor, not only those beyond the tolerance")
    parser.add_argument("--cases", type=Path, help="a folder of cases to trace with --masksub and to compare")
    parser.add_argument("--masksub", default="masksub", help="the tool's executable")
    parser.add_argument("--only", default="", help="only the cases whose path holds this text")
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16"], help="of the traces of --cases")
    parser.add_argument("--device", default="cpu", help="where the traces of --cases are computed")
    options = parser.parse_args()
    if options.cases:
        masksub = str(Path(options.masksub).resolve()) if "/" in options.masksub else options.masksub
        machine = ["--precision", options.precision, "--device", options.device]
        good = run_cases(options.cases, masksub, options.tolerance, options.only, options.all, machine)
    elif len(options.files) == 2:
        expected, got = (load_file(path) for path in options.files)
        good = report(compare(expected, got), options.tolerance, {}, options.all)
    else:
        parser.error("give EXPECTED and OUT, or --cases")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

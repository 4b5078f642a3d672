#!/usr/bin/env python3
"""Holds what is predicted of a run, the peak of its memory and with --time its speed, against what it comes to.

    scripts/campaigns/predicted.py --data FOLDER [--time] [--captions CSV] [--program .build/release/masksub]
        [--threads 2] [--flat 60] [--most 600] [NAME …]

FOLDER has class folders below train and val. Each run ends after its step, or is ended once its peak has not risen while it
worked for --flat seconds, since the parts of a batch take the same; what it has then is its peak. Prints a line a run: parts,
MiB predicted, MiB come to, their ratio. Seconds are those that the processor worked for the run.

With --time eight runs of a minute or so go to their end instead: `plan` says how many samples a second, and the run how many
it trained on. Nothing else may use the machine.
"""
import argparse, json, os, shutil, subprocess, sys, tempfile, time

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
parser = argparse.ArgumentParser()
parser.add_argument("names", nargs="*", metavar="NAME")
parser.add_argument("--program", default=f"{root}/.build/release/masksub")
parser.add_argument("--data", required=True)
parser.add_argument("--captions", default=f"{root}/datasets/captions/train-{{0000..0003}}.tar.gz")
parser.add_argument("--merges", default=f"{root}/tokenizers/clip/merges.txt")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--flat", type=float, default=60)
parser.add_argument("--most", type=float, default=600)
parser.add_argument("--time", action="store_true")
options = parser.parse_args()


def vision(recipe, gib=None, *more):
    return ["train", "--recipe", recipe, "--data", options.data, "--max-steps", "1", *more] + (
        ["--max-memory", str(gib)] if gib else [])


def small(recipe, batch, *more):
    return ["train", "--recipe", recipe, "--batch-size", str(batch), "--max-steps", "3", *more]


def clip(gib, *more):
    line = ["clip-pretrain", "--data", options.captions, "--model", "ViT-B-32", "--vocab", options.merges]
    return line + ["--max-steps", "1", "--max-memory", str(gib), *more]


bert = ["glue", "--task", "cola", "--max-steps", "2", "--set", "model.width=768", "--set", "model.depth=12"]
cases = {
    "shapes-tiny": small("shapes-tiny", 64),
    "shapes-tiny, 768": small("shapes-tiny", 768),
    "shapes-tiny, 768, 1 GiB": small("shapes-tiny", 768, "--max-memory", "1"),
    "resnet-shapes": small("resnet-shapes", 64),
    "resnet-shapes, 512": small("resnet-shapes", 512),
    "swin-shapes": small("swin-shapes", 64),
    "swin-shapes, 256": small("swin-shapes", 256),
    "swin-shapes, 512, 1 GiB": small("swin-shapes", 512, "--max-memory", "1"),
    "glue-scratch": ["glue", "--task", "cola", "--max-steps", "20"],
    "glue-scratch, 1024": ["glue", "--task", "cola", "--max-steps", "6", "--batch-size", "1024"],
    "clip-small": ["clip-pretrain", "--max-steps", "4"],
    "clip-small, 512": ["clip-pretrain", "--max-steps", "3", "--batch-size", "512"],
    "clip-small, 512, 1 GiB": ["clip-pretrain", "--max-steps", "3", "--batch-size", "512", "--max-memory", "1"],
    "deit3-s-400, 2 GiB": vision("deit3-s-400", 2, "--batch-size", "256"),
    "deit3-s-400, 4 GiB": vision("deit3-s-400", 4, "--batch-size", "256"),
    "deit3-s-400, 6 GiB, recompute": vision("deit3-s-400", 6, "--batch-size", "512", "--set", "recompute=true"),
    "mae-b, 5 GiB": vision("mae-b", 5, "--batch-size", "128"),
    "swin-t, 3 GiB": vision("swin-t", 3, "--batch-size", "128"),
    "rsb-a2-resnet50, 3 GiB": vision("rsb-a2-resnet50", 3, "--batch-size", "128"),
    "clip ViT-B-32, whole": clip(8, "--batch-size", "64"),
    "clip ViT-B-32, 4 GiB": clip(4, "--batch-size", "256"),
    "BERT-base": bert + ["--batch-size", "32"],
    "BERT-base, 3 GiB": bert + ["--batch-size", "128", "--max-memory", "3"],
    "ft-clip-l, 8 GiB": vision("ft-clip-l", 8, "--batch-size", "64"),
}

# Recipe, settings, and what is said of the data, for `plan`; the run's command line and its updates.
timed = {
    "shapes-tiny": ("shapes-tiny", [], "--samples 768 --classes 8", ["train"], 150),
    "resnet-shapes": ("resnet-shapes", [], "--samples 768 --classes 8", ["train"], 150),
    "swin-shapes": ("swin-shapes", [], "--samples 768 --classes 8", ["train"], 100),
    "glue-scratch": ("glue-scratch", [], "--samples 3600 --tokens 8", ["glue", "--task", "cola"], 150),
    "clip-small": ("clip-small", [], "--samples 4000 --tokens 13", ["clip-pretrain"], 60),
    "deit3-s-400, 16": ("deit3-s-400", ["batch_size=16"], "--samples 1000 --classes 100", ["train", "--data", options.data], 20),
    "swin-t, 8": ("swin-t", ["batch_size=8"], "--samples 1000 --classes 100", ["train", "--data", options.data], 20),
    "rsb-a2-resnet50, 16": ("rsb-a2-resnet50", ["batch_size=16"], "--samples 1000 --classes 100", ["train", "--data", options.data], 20),
}


def time_runs():
    """Prints a line a run. The largest error of the eight."""
    worst = 0
    for name, (recipe, settings, data, line, steps) in timed.items():
        if options.names and not any(name.startswith(wanted) for wanted in options.names):
            continue
        threads = ["--threads", str(options.threads)]
        changes = [word for setting in settings for word in ("--set", setting)]
        plan = [options.program, "plan", "--recipe", recipe, "--methods", "masksub", *data.split()]
        told = subprocess.run(plan + changes + threads, env=environment, capture_output=True, text=True)
        shutil.rmtree(f"{scratch}/run", ignore_errors=True)
        run = [options.program] + line + ([] if line[0] != "train" else ["--recipe", recipe]) + changes + threads
        done = subprocess.run(
            run + ["--max-steps", str(steps), "--set", "evaluate_every=0", "--output", f"{scratch}/run"], env=environment,
            capture_output=True, text=True)
        if told.returncode or done.returncode:
            print(f"{name}: left out: {(told.stderr if told.returncode else done.stderr).strip().splitlines()[-1][:200]}", flush=True)
            continue
        row = next(row for row in told.stdout.splitlines() if row.startswith("masksub ")).split()
        planned = float(row[4])
        summary, config = (json.load(open(f"{scratch}/run/{one}.json")) for one in ("summary", "config"))
        speed, peak = summary["samples_per_s"], summary["peak_rss_mib"]
        predicted = config["predicted_peak_mib"]
        worst = max(worst, abs(planned / speed - 1), abs(predicted / peak - 1))
        print(f"{name}: {planned:.1f} samples/s told, {speed:.1f} come to, {planned / speed:.2f}; "
              f"{predicted} MiB told, {peak:.0f} come to, {predicted / peak:.2f}", flush=True)
    return worst


def peak(process):
    try:
        with open(f"/proc/{process.pid}/status") as file:
            return next((int(line.split()[1]) >> 10 for line in file if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def worked(process):
    try:
        with open(f"/proc/{process.pid}/stat") as file:
            return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0


scratch = tempfile.mkdtemp(prefix="masksub-predicted-")
environment = dict(os.environ, MASKSUB_HOME=root)
if options.time:
    worst = time_runs()
    shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(1 if worst > 0.1 else 0)

worst = 0
for name, line in cases.items():
    if options.names and not any(name.startswith(wanted) for wanted in options.names):
        continue
    output = f"{scratch}/run"
    shutil.rmtree(output, ignore_errors=True)
    line = [options.program] + line + ["--threads", str(options.threads), "--output", output]
    errors = open(f"{scratch}/errors", "w+")
    process = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
    most, risen, told, how = 0, 0, None, "whole"
    while process.poll() is None:
        time.sleep(0.5)
        now, seen = worked(process), peak(process)
        if not told and os.path.exists(f"{output}/config.json"):
            told, risen = json.load(open(f"{output}/config.json")), now
        if seen > most:
            most, risen = seen, now
        if told and now - risen > options.flat or now > options.most:
            process.terminate()
            time.sleep(1)
            process.kill()
            how = "flat" if now - risen > options.flat else "cut off"
    if how == "whole" and process.returncode:
        errors.seek(0)
        print(f"{name}: left out: {errors.read().strip().splitlines()[-1][:200]}", flush=True)
        continue
    if os.path.exists(f"{output}/summary.json"):
        most = int(json.load(open(f"{output}/summary.json"))["peak_rss_mib"])
    predicted = (told or json.load(open(f"{output}/config.json")))["predicted_peak_mib"]
    ratio = predicted / most
    worst = max(worst, abs(ratio - 1))
    print(f"{name}: parts {told and told['parts']}, predicted {predicted}, came to {most}, {ratio:.2f} ({how})", flush=True)
shutil.rmtree(scratch, ignore_errors=True)
sys.exit(1 if worst > 0.1 else 0)

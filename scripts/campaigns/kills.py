#!/usr/bin/env python3
"""Kills small runs of every training command at random instants, half of them while a checkpoint is being written, goes on
with --resume, and compares the end with that of a run that was never interrupted: weights, optimizer, averages and log.

    scripts/campaigns/kills.py [--program .build/release/masksub] [--rounds 20] [--commands glue,train,clip-pretrain,finetune]

Prints a line per command; exit code 1 where a run ended in other bits."""
import argparse, glob, json, os, random, shutil, signal, subprocess, sys, tempfile, time

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
parser = argparse.ArgumentParser()
parser.add_argument("--program", default=f"{root}/.build/release/masksub")
parser.add_argument("--rounds", type=int, default=20)
parser.add_argument("--commands", default="glue,train,clip-pretrain,finetune")
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
environment = dict(os.environ, MASKSUB_HOME=root)
common = ["--threads", "1", "--keep", "2", "--set", "save_every=2", "--set", "evaluate_every=5", "--set", "log_every=1"]
lines = {
    "glue": ["glue", "--task", "cola", "--set", "max_steps=16", "--set", "batch_size=8"],
    "train": ["train", "--set", "max_steps=16", "--set", "batch_size=8", "--set", "ema_decay=0.9", "--workers", "1"],
    "clip-pretrain": ["clip-pretrain", "--set", "max_steps=16", "--set", "batch_size=8"],
    "finetune": ["finetune", "--set", "max_steps=16", "--set", "batch_size=8", "--workers", "1"],
}
scratch = tempfile.mkdtemp(prefix="masksub-kills-")


def start(command, output, resuming):
    line = [options.program] + lines[command] + common + ["--output", output] + (["--resume"] if resuming else [])
    return subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process):
    error = process.communicate()[1].decode(errors="replace")
    return process.returncode, error


def content(output):
    steps = sorted(int(name) for name in os.listdir(f"{output}/checkpoints") if name.isdigit())
    files = {name: open(f"{output}/checkpoints/{steps[-1]}/{name}", "rb").read()
             for name in os.listdir(f"{output}/checkpoints/{steps[-1]}") if name.endswith(".safetensors")}
    log = [json.loads(line) for line in open(f"{output}/metrics.jsonl")]
    for record in log:
        record.pop("samples_per_s", None)
    return steps[-1], files, log


def is_writing(output):
    return bool(glob.glob(f"{output}/checkpoints/*.tmp-*"))


failures = 0
for command in options.commands.split(","):
    draw = random.Random(f"{options.seed}{command}")
    whole = f"{scratch}/{command}-whole"
    began = time.time()
    code, error = finish(start(command, whole, False))
    if code:
        sys.exit(f"{command} fails: {error[-400:]}")
    length, expected = time.time() - began, content(whole)
    signals, wrong, writing = {}, 0, 0
    for number in range(options.rounds):
        output = f"{scratch}/{command}-{number}"
        kills = 0
        while True:
            resuming = os.path.exists(f"{output}/config.json")
            process = start(command, output, resuming)
            number_of_signal = draw.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
            if kills < draw.choice([1, 2]):
                during_writes = draw.random() < 0.5
                until = time.time() + draw.random() * length
                while process.poll() is None and time.time() < until + (length if during_writes else 0):
                    if during_writes and time.time() > until and is_writing(output):
                        writing += 1
                        break
                    time.sleep(0.0005 if during_writes else 0.005)
                if process.poll() is None:
                    process.send_signal(number_of_signal)
                    kills += 1
                    signals[number_of_signal.name] = signals.get(number_of_signal.name, 0) + 1
            code, error = finish(process)
            if code == 0:
                break
            # Before the program has asked for them signals end it as they end any.
            if code not in (130, -number_of_signal):
                print(f"{command}: round {number}: exit {code}: {error[-400:]}", flush=True)
                wrong += 1
                break
        if code == 0 and content(output) != expected:
            print(f"{command}: round {number}: other bits in {output}")
            wrong += 1
            continue
        shutil.rmtree(output, ignore_errors=True)
    failures += wrong
    told = ", ".join(f"{count} {name}" for name, count in sorted(signals.items()))
    print(f"{command}: {options.rounds} rounds of {length:.1f} s, {told}, {writing} while writing: {wrong} wrong", flush=True)
if not failures:
    shutil.rmtree(scratch)
sys.exit(1 if failures else 0)

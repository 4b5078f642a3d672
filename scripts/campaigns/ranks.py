#!/usr/bin/env python3
"""Several ranks against one process, under both makes of MPI: losses, weights, faults, and what sums cost.

    scripts/campaigns/ranks.py [--program .build/release/masksub] [--steps 60] [--rounds 10] [--parts equal,faults,hosts,speed]
        [--data FOLDER]

The part `hosts` makes three hosts of network namespaces and needs root. Prints a line per finding; exit code 1 where one is not as it should be."""
import argparse, json, os, random, re, shutil, signal, subprocess, sys, tempfile, time

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
parser = argparse.ArgumentParser()
parser.add_argument("--program", default=f"{root}/.build/release/masksub")
parser.add_argument("--steps", type=int, default=60)
parser.add_argument("--rounds", type=int, default=10)
parser.add_argument("--parts", default="equal,faults,hosts,speed")
parser.add_argument("--commands", default="train,glue,finetune,clip-pretrain,batch-norm,overlap")
parser.add_argument("--ranks", default="2,4")
parser.add_argument("--data", help="pictures by classes, for the speed of a ViT-S")
options = parser.parse_args()
launchers = [name for name in ("mpirun.openmpi", "mpirun.mpich") if shutil.which(name)] or ["mpirun"]
scratch = tempfile.mkdtemp(prefix="masksub-ranks-")
common = ["--threads", "1", "--set", "log_every=1", "--set", "evaluate_every=0", "--set", "save_every=20"]
lines = {
    "train": ["train", "--batch-size", "16", "--workers", "1", "--set", "ema_decay=0.9"],
    "glue": ["glue", "--task", "cola", "--batch-size", "16"],
    "finetune": ["finetune", "--from", f"{scratch}/train-1/checkpoints/{options.steps}", "--batch-size", "16", "--workers", "1"],
    "clip-pretrain": ["clip-pretrain", "--batch-size", "16"],
    "batch-norm": ["train", "--recipe", "resnet-shapes", "--sync-bn", "true", "--batch-size", "16", "--workers", "1"],
    "overlap": ["train", "--overlap", "always", "--batch-size", "16", "--workers", "1"],
}
# Where an activation lies on a ReLU's kink two runs part, those of one and two threads too: the first updates are compared.
compared = {"batch-norm": 20}
failures = 0


def say(text, good):
    global failures
    failures += not good
    print(f"{'ok  ' if good else 'WRONG'} {text}", flush=True)


def start(words, launcher=None, **more):
    environment = dict(os.environ, MASKSUB_HOME=root, **more)
    if launcher:
        environment["MASKSUB_MPIRUN"] = launcher
    return subprocess.Popen([options.program] + words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def line(command, name, ranks=1, steps=None):
    several = ["--ranks", str(ranks)] if ranks > 1 else []
    return lines[command] + common + ["--set", f"max_steps={steps or options.steps}", "--output", f"{scratch}/{name}"] + several


def run(words, launcher=None, **more):
    process = start(words, launcher, **more)
    text = process.communicate()[0].decode(errors="replace")
    return process.returncode, text


def losses(name):
    records = [json.loads(one) for one in open(f"{scratch}/{name}/metrics.jsonl")]
    return [[one.get(key) for key in ("loss", "loss_main", "loss_sub", "grad_norm")] for one in records if one["split"] == "train"]


def weights(name):
    steps = sorted(int(one) for one in os.listdir(f"{scratch}/{name}/checkpoints") if one.isdigit())
    folder = f"{scratch}/{name}/checkpoints/{steps[-1]}"
    return {one: open(f"{folder}/{one}", "rb").read() for one in sorted(os.listdir(folder)) if one.endswith(".safetensors")}


def distance(one, other):
    pairs = [(a, b) for x, y in zip(one, other) for a, b in zip(x, y) if a is not None]
    return max(abs(a - b) / abs(b) for a, b in pairs)


def ranks_of(parent):
    """The ranks that a process started, by its launcher."""
    parents, programs = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(pid)] = int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])
            programs[int(pid)] = os.readlink(f"/proc/{pid}/exe")
        except OSError:
            pass
    found, newest = set(), {parent}
    while newest:
        newest = {pid for pid, above in parents.items() if above in newest}
        found |= newest
    return [pid for pid in found if programs.get(pid) == os.path.realpath(options.program)]


def is_alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


if "equal" in options.parts:
    for command in options.commands.split(","):
        code, text = run(line(command, f"{command}-1"))
        if code:
            say(f"{command}: {text[-300:]}", False)
            continue
        one = losses(f"{command}-1")
        for ranks in map(int, options.ranks.split(",")):
            kept = []
            for launcher in launchers:
                for number in range(2 if launcher == launchers[0] else 1):
                    name = f"{command}-{ranks}-{launcher}-{number}"
                    code, text = run(line(command, name, ranks), launcher)
                    if code:
                        say(f"{command}, {ranks} ranks, {launcher}: exit {code}: {text[-300:]}", False)
                        continue
                    own = losses(name)[:compared.get(command)]
                    far = distance(own, one)
                    say(f"{command}, {ranks} ranks, {launcher}: {len(own)} losses and norms within {far:.1e} of one process", far < 1e-5)
                    kept.append(weights(name))
            say(f"{command}, {ranks} ranks: {len(kept)} runs of {', '.join(launchers)} have the same weights bit for bit",
                all(one == kept[0] for one in kept))

if "faults" in options.parts:
    draw = random.Random(1)
    for number in range(options.rounds):
        launcher = launchers[number % len(launchers)]
        for fault in ("kill", "interrupt"):
            name = f"{fault}-{number}"
            process = start(line("train", name, 2, 100000), launcher)
            time.sleep(1 + draw.random() * 5)
            victims, began = ranks_of(process.pid), time.time()
            if fault == "interrupt":
                process.send_signal(draw.choice([signal.SIGINT, signal.SIGTERM]))
            else:
                os.kill(draw.choice(victims), signal.SIGKILL)
            try:
                text = process.communicate(timeout=60)[0].decode(errors="replace")
            except subprocess.TimeoutExpired:
                process.kill()
                text = "did not end"
            # The launcher may be gone a moment before its ranks.
            while any(map(is_alive, victims)) and time.time() - began < 15:
                time.sleep(0.1)
            took, left = time.time() - began, [pid for pid in victims if is_alive(pid)]
            last = text.strip().splitlines()[-1] if text.strip() else ""
            fine = process.returncode == 130 if fault == "interrupt" else process.returncode not in (0, None)
            say(f"{fault} {number}, {launcher}: exit {process.returncode} after {took:.1f} s: {last[:150]}", fine and took < 15 and not left)
            for pid in left:
                os.kill(pid, signal.SIGKILL)

    # A picture that only one rank meets, and more of them than are passed over.
    folder = f"{scratch}/pictures"
    shutil.copytree(f"{root}/datasets/shapes", folder)
    pictures = sorted(os.path.join(where, one) for where, _, names in os.walk(folder) for one in names if one.endswith((".png", ".jpg")))
    if pictures:
        open(pictures[len(pictures) // 2], "wb").write(b"broken")
    code, text = run(line("train", "none-broken", 2, 40) + ["--data", folder, "--max-broken", "0"], launchers[0])
    say(f"a broken picture: exit {code}: {text.strip().splitlines()[-1][:150]}", code == 1 and "broken" in text)
    # A file system that is full; only root can make one.
    full = f"{scratch}/full"
    os.mkdir(full)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", full], stderr=subprocess.DEVNULL).returncode == 0:
        code, text = run(line("train", "full/run", 2, 5), launchers[0])
        errors = re.findall("error:.*", text)
        say(f"no space: exit {code}: {errors[:1]}", code == 1 and len(errors) == 1)
        subprocess.run(["umount", full])
    else:
        print("no space: passed over, no file system can be mounted here", flush=True)
    code, text = run(line("train", "infinite", 2, 60) + ["--lr", "1e30"], launchers[0])
    errors = re.findall("error:.*", text)
    say(f"no number any more: exit {code}: {errors[:1]}", code == 1 and len(errors) == 1 and "finite" in text)

def ip(*words):
    return subprocess.run(["ip"] + list(words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def make_hosts(count):
    """Network namespaces, each with an address and a name of its own, at one bridge. False where they cannot be made."""
    remove_hosts(count)
    if not ip("link", "add", "masksub0", "type", "bridge") or not ip("link", "set", "masksub0", "up"):
        return False
    made = True
    for host in range(1, count + 1):
        made &= ip("netns", "add", f"masksub{host}")
        made &= ip("link", "add", f"masksub-v{host}", "type", "veth", "peer", "name", "eth0", "netns", f"masksub{host}")
        made &= ip("link", "set", f"masksub-v{host}", "master", "masksub0", "up")
        made &= ip("-n", f"masksub{host}", "addr", "add", f"10.77.0.{host}/24", "dev", "eth0")
        made &= ip("-n", f"masksub{host}", "link", "set", "eth0", "up") and ip("-n", f"masksub{host}", "link", "set", "lo", "up")
    if not made:
        remove_hosts(count)
    return made


def remove_hosts(count):
    for host in range(1, count + 1):
        ip("netns", "del", f"masksub{host}")
        ip("link", "del", f"masksub-v{host}")
    ip("link", "del", "masksub0")


def on_hosts(words, count, launcher=(), **more):
    """The command of one rank a host, under Open MPI, as a process."""
    agent = f"{scratch}/agent"
    with open(agent, "w") as file:
        file.write('#!/bin/sh\nhost=${1##*.}; shift\n'
                   'exec ip netns exec masksub$host unshare --uts sh -c "hostname host$host; exec $*"\n')
    os.chmod(agent, 0o755)
    environment = dict(os.environ, MASKSUB_HOME=root, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", **more)
    passed = [word for name in ["MASKSUB_HOME", *more] for word in ("-x", name)]
    net = "10.77.0.0/24"
    hosts = ",".join(f"10.77.0.{host}" for host in range(1, count + 1))
    return subprocess.Popen(
        [agent, "10.77.0.1", "mpirun.openmpi", "--mca", "plm_rsh_agent", agent, "--mca", "btl_tcp_if_include", net, "--mca",
         "oob_tcp_if_include", net, "--host", hosts, "-n", str(count), "--bind-to", "none", *launcher, *passed, options.program, *words],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


if "hosts" in options.parts and not (shutil.which("mpirun.openmpi") and os.geteuid() == 0 and make_hosts(3)):
    print("hosts: passed over, they take root, network namespaces and Open MPI", flush=True)
elif "hosts" in options.parts:
    def twelve(name, ranks=1, steps=None):
        return [{"16": "12"}.get(word, word) for word in line("train", name, ranks, steps)]

    try:
        for name, words, launcher in (("hosts-1", twelve("hosts-1"), None), ("hosts-3", twelve("hosts-3", 3), "mpirun.openmpi")):
            code, text = run(words, launcher)
            if code:
                say(f"{name}: {text[-300:]}", False)
        text = on_hosts(twelve("hosts"), 3).communicate()[0].decode(errors="replace")
        far = distance(losses("hosts"), losses("hosts-1")) if os.path.isdir(f"{scratch}/hosts") else float("inf")
        say(f"three hosts over TCP: losses and norms within {far:.1e} of one process", far < 1e-5)
        say("three hosts over TCP: the weights of three ranks of one machine bit for bit", weights("hosts") == weights("hosts-3"))

        def left_of(name):
            mark, found = f"{scratch}/{name}".encode(), []
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    line = open(f"/proc/{pid}/cmdline", "rb").read()
                except OSError:
                    continue
                if line.startswith(options.program.encode()) and mark in line and is_alive(int(pid)):
                    found.append(int(pid))
            return found

        # Open MPI's launcher is told to look after its daemons, and is not: then it waits itself, but no rank does.
        for name, looks in (("cut", []), ("cut-seen", ["--mca", "oob_tcp_keepalive_time", "5", "--mca", "oob_tcp_keepalive_intvl", "2",
                                                       "--mca", "oob_tcp_keepalive_probes", "3"])):
            process = on_hosts(twelve(name, steps=100000), 3, looks, MASKSUB_RANK_TIMEOUT="15")
            time.sleep(10)
            ip("-n", "masksub3", "link", "set", "eth0", "down")
            began = time.time()
            while time.time() - began < 60 and (left_of(name) or looks and process.poll() is None):
                time.sleep(0.5)
            took, left = time.time() - began, len(left_of(name))
            code = process.poll()
            subprocess.run(["pkill", "-f", scratch])
            text = process.communicate()[0].decode(errors="replace")
            errors = re.findall("masksub: .*error:.*|.*lost communication.*", text)
            say(f"{name}: ranks are gone after {took:.0f} s, {left} are left, the launcher's exit code is {code}: {errors[:2]}",
                not left and bool(errors) and bool(code) == bool(looks))
            ip("-n", "masksub3", "link", "set", "eth0", "up")
        newest = max(int(one) for one in os.listdir(f"{scratch}/cut/checkpoints") if one.isdigit())
        code, text = run(["train", "--resume", f"{scratch}/cut", "--ranks", "3", "--set", f"max_steps={newest + 5}"], launchers[0])
        say(f"it goes on from step {newest} on one machine: exit {code}", code == 0)
    finally:
        remove_hosts(3)

if "speed" in options.parts:
    # ViT-S with pictures of 224 pixels where there are some, else the small network.
    real = ["train", "--recipe", "deit3-s-400", "--data", options.data, "--batch-size", "16"] if options.data else lines["train"]

    def speed_line(name, threads, *more):
        words = real + common + ["--set", "max_steps=8", "--output", f"{scratch}/{name}", *more]
        words[words.index("--threads") + 1] = str(threads)
        return words

    def speed(name):
        return json.load(open(f"{scratch}/{name}/summary.json"))["samples_per_s"]

    for number in range(3):
        for ranks, threads in ((1, 2), (2, 1)):
            name = f"speed-{ranks}-{number}"
            run(speed_line(name, threads, "--ranks", str(ranks)), launchers[0])
            print(f"{ranks} ranks of {threads} threads: {speed(name):.2f} samples/s", flush=True)
    if not (shutil.which("mpirun.openmpi") and os.geteuid() == 0 and make_hosts(2)):
        print("networks: passed over, they take root, network namespaces and Open MPI", flush=True)
    else:
        try:
            for rate in ("1gbit", "10gbit"):
                for host in (1, 2):
                    subprocess.run(["tc", "-n", f"masksub{host}", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", rate,
                                    "burst", "16mb", "latency", "50ms"], check=True)
                for number in range(2):
                    for overlap in ("never", "always"):
                        name = f"network-{rate}-{overlap}-{number}"
                        on_hosts(speed_line(name, 1, "--overlap", overlap), 2).communicate()
                        print(f"two hosts of one thread over {rate}, overlap {overlap}: {speed(name):.2f} samples/s", flush=True)
        finally:
            remove_hosts(2)

shutil.rmtree(scratch)
sys.exit(failures > 0)

"""Measures how training scales over ranks, and predicts from that what clusters would do.

Run by `launch/bench scaling` and `predict`; docs/scaling.md explains the model.
"""
import argparse
import glob
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

PAPER_BATCH, PAPER_STEPS = 65536, 500_000
PRESETS = {"base": 383, "large": 787, "giant": 2100}  # millions of parameters, in the paper


def mpirun(ranks, command, options=()):
    launch = ["mpirun", "--oversubscribe", "-n", str(ranks), *options]
    result = subprocess.run(launch + command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"launch/bench: {' '.join(launch + command)}\n{result.stderr}")
    return result.stdout


class Trainer:
    """Short runs of one run file."""

    def __init__(self, program, configuration, scratch, *settings):
        self.program, self.configuration, self.scratch = program, configuration, scratch
        self.settings = settings

    def command(self, batch, steps):
        self.run = tempfile.mkdtemp(dir=self.scratch)
        settings = [f"batch={batch}", f"steps={steps}", "checkpoint={every: null, minutes: null}",
                    "validation.sets=[]", *self.settings]
        return [self.program, self.configuration, "--output", self.run, "--threads", "1",
                *[word for setting in settings for word in ("--set", setting)]]

    def steps(self, ranks, batch, steps, options=()):
        """metrics.jsonl, without the first steps."""
        mpirun(ranks, self.command(batch, steps), options)
        return self.metrics(self.run)

    @staticmethod
    def metrics(run):
        with open(os.path.join(run, "metrics.jsonl")) as lines:
            return [json.loads(line) for line in lines][3:]

    def header(self, model):
        text = subprocess.run(
            [self.program, self.configuration, "--set", f"model={model}", "--dry-run", "--json"],
            capture_output=True, text=True, check=True).stdout
        return json.loads(text.splitlines()[0])

    def sent_bytes(self, ranks, batch, steps):
        """Bytes that all ranks hand to MPI's transport, by Open MPI's own count."""
        name = os.path.join(self.scratch, "traffic")
        mpirun(ranks, self.command(batch, steps), [
            "--mca", "pml_monitoring_enable", "1", "--mca", "pml_monitoring_enable_output", "3",
            "--mca", "pml_monitoring_filename", name])
        total = 0
        for file in glob.glob(name + "*"):
            with open(file) as lines:
                # E or I, from, to, "N bytes", …: messages of the program, and MPI's own.
                rows = [line.split("\t") for line in lines if line[:1] in ("E", "I")]
                total += sum(int(row[3].split()[0]) for row in rows if row[1] != row[2])
            os.remove(file)
        return total


def rate(steps):
    return statistics.median(step["pairs_per_second"] for step in steps)


def seconds(steps, *phases):
    return statistics.median(sum(step["seconds"][phase] for phase in phases) for step in steps)


class Model:
    """Seconds of a step from a few constants.

    compute: seconds a pair on one core; update: seconds a parameter, on each rank; fixed: seconds
    a step; byte: seconds for a byte to another rank and as many back; message: seconds for an
    empty one; cores: that the ranks share, or None where each has its own.
    """

    def __init__(self, compute, update, fixed, byte, message, cores=None):
        self.compute, self.update, self.fixed = compute, update, fixed
        self.byte, self.message, self.cores = byte, message, cores

    def sharing(self, ranks):
        """How many ranks take turns on a core."""
        return max(1, ranks / self.cores) if self.cores else 1

    def reduction(self, ranks, parameters):
        """All-reduce of the gradients: halving and doubling, 4 MiB at a time."""
        if ranks == 1:
            return 0
        calls = math.ceil(parameters / 2**20)
        volume = 2 * (ranks - 1) / ranks * 4 * parameters
        return volume * self.byte + 2 * math.ceil(math.log2(ranks)) * calls * self.message

    def gather(self, ranks, batch, joint):
        """All embeddings and log-sum-exps to all ranks."""
        volume = (ranks - 1) / ranks * batch * 4 * (2 * joint + 4)
        return volume * self.byte + 4 * math.ceil(math.log2(ranks)) * self.message

    def parts(self, ranks, batch, parameters, joint):
        share = self.sharing(ranks)
        return {
            "compute": share * math.ceil(batch / ranks) * self.compute,
            "update": share * parameters * self.update,
            "reduce": share * self.reduction(ranks, parameters),
            "gather": share * self.gather(ranks, batch, joint),
            "fixed": share * self.fixed,
        }

    def step(self, *work):
        return sum(self.parts(*work).values())


def measured_bytes(trainer, ranks, batch):
    few, many = 2, 6
    difference = trainer.sent_bytes(ranks, batch, many) - trainer.sent_bytes(ranks, batch, few)
    return difference / (many - few)


def expected_bytes(ranks, batch, header):
    joint, parameters = header["model"]["joint"], header["parameters"]
    return (ranks - 1) * (2 * 4 * parameters + batch * 4 * (2 * joint + 4))


def measure(arguments):
    cores = len(os.sched_getaffinity(0))
    scratch = tempfile.mkdtemp()
    try:
        trainer = Trainer(arguments.program, arguments.configuration, scratch)
        header = trainer.header("tiny")
        work = header["parameters"], header["model"]["joint"]
        alone = {batch: trainer.steps(1, batch, arguments.steps)
                 for batch in (arguments.pairs, arguments.batch)}
        base = rate(alone[arguments.pairs])
        pair = json.loads(mpirun(2, [arguments.program, "--self-test", "--json", "--threads", "1"]))
        link = pair["links"][0]
        small, large = alone[arguments.pairs], alone[arguments.batch]
        longer = seconds(large, "forward", "backward") - seconds(small, "forward", "backward")
        compute = longer / (arguments.batch - arguments.pairs)
        update = seconds(large, "optimizer") / work[0]
        fixed = max(0, seconds(large, "total") - arguments.batch * compute - update * work[0])
        byte = (pair["sumSeconds"] - 2 * link["seconds"]) / 2**22
        model = Model(compute, update, fixed, byte, link["seconds"], cores)
        constants = dict(compute=compute, update=update, fixed=fixed, byte=byte,
                         message=link["seconds"], cores=cores,
                         flops_per_pair=header["flops_per_pair"], gflops=pair["gflops"][0])
        print(f"{cores} cores; tiny preset, {work[0]:,} parameters, one thread a rank")
        print(f"one pair {compute * 1e3:.3f} ms ({header['flops_per_pair'] / compute / 1e9:.1f} of "
              f"{pair['gflops'][0]:.1f} GFLOP/s), update {update * 1e9:.2f} ns a parameter, "
              f"fixed {fixed * 1e3:.2f} ms, byte {byte * 1e9:.3f} ns, "
              f"message {link['seconds'] * 1e6:.1f} us")
        print("         ranks  batch  pairs/s  of ideal  predicted    off   MB a step  formula")
        points = []
        for kind in ("weak", "strong"):
            for ranks in arguments.ranks:
                batch = arguments.pairs * ranks if kind == "weak" else arguments.batch
                found = rate(alone[batch] if ranks == 1 else
                             trainer.steps(ranks, batch, arguments.steps))
                one = base if kind == "weak" else rate(alone[arguments.batch])
                ideal = one * min(ranks, cores)
                guess = batch / model.step(ranks, batch, *work)
                sent = wanted = 0
                if ranks > 1:
                    sent = measured_bytes(trainer, ranks, batch)
                    wanted = expected_bytes(ranks, batch, header)
                points.append(dict(kind=kind, ranks=ranks, found=found, guess=guess))
                print(f"{kind:>8} {ranks:5} {batch:6} {found:8.0f} {found / ideal:9.1%} "
                      f"{guess:10.0f} {guess / found - 1:+6.1%} {sent / 1e6:11.2f} "
                      f"{wanted / 1e6:8.2f}", flush=True)
        constants["points"] = points
        constants["efficiency"] = efficiency(arguments, scratch, pair["gflops"][0])
        presets = {name: trainer.header(f"{{preset: {name}}}") for name in PRESETS}
        constants["presets"] = {
            name: dict(flops=h["flops_per_pair"], parameters=h["parameters"],
                       joint=h["model"]["joint"]) for name, h in presets.items()}
        os.makedirs(os.path.dirname(arguments.constants), exist_ok=True)
        with open(arguments.constants, "w") as file:
            json.dump(constants, file, indent=1)
    finally:
        shutil.rmtree(scratch)


def efficiency(arguments, scratch, gflops):
    """What a core makes of its matrix products in training a model of the paper's size."""
    trainer = Trainer(arguments.program, arguments.configuration, scratch, "model=base")
    batch = 4
    found = seconds(trainer.steps(1, batch, 5), "forward", "backward")
    part = batch * trainer.header("base")["flops_per_pair"] / found / 1e9 / gflops
    print(f"base, {batch} pairs on one core: forward and backward {found:.1f} s, {part:.0%} of "
          "matrix products' GFLOP/s")
    return part


def predict(arguments):
    if not os.path.exists(arguments.constants):
        sys.exit(f"{arguments.constants} is not there. Run `launch/bench scaling` first")
    with open(arguments.constants) as file:
        constants = json.load(file)
    core = arguments.gflops or constants["gflops"]
    efficiency = arguments.efficiency or constants["efficiency"]
    flops = arguments.cores * core * efficiency * 1e9
    update = constants["update"] / arguments.memory
    print(f"node: {arguments.cores} cores of {core:.0f} GFLOP/s, {efficiency:.0%} of that in "
          f"training; {arguments.gbit} Gbit/s each way, {arguments.latency} us; "
          f"{arguments.price} a core-hour")
    curves = {}
    for name, preset in constants["presets"].items():
        model = Model(preset["flops"] / flops, update, 0, 8 / (arguments.gbit * 1e9),
                      arguments.latency * 1e-6)
        print(f"\n{name}: {preset['parameters'] / 1e6:.0f} M parameters, "
              f"{preset['flops'] / 1e9:.0f} GFLOP a pair, batch {PAPER_BATCH:,}")
        print("nodes   s a step  compute  update  reduce  gather   pairs/s  of ideal  overlapped   "
              "days of 500,000 steps  core-hours       cost")
        curve = []
        for nodes in (2**k for k in range(3, 13)):
            parts = model.parts(nodes, PAPER_BATCH, preset["parameters"], preset["joint"])
            step = sum(parts.values())
            # Two thirds of a step's computing is the backward pass, which gradients hide behind.
            hidden = step - min(parts["reduce"], 2 / 3 * parts["compute"])
            ideal = nodes / model.compute
            hours = PAPER_STEPS * hidden / 3600
            curve.append((nodes, PAPER_BATCH / step, PAPER_BATCH / hidden))
            print(f"{nodes:5} {step:10.2f} {parts['compute']:8.2f} {parts['update']:7.2f} "
                  f"{parts['reduce']:7.2f} {parts['gather']:7.3f} {PAPER_BATCH / step:9.0f} "
                  f"{PAPER_BATCH / step / ideal:9.1%} {PAPER_BATCH / hidden / ideal:11.1%} "
                  f"{hours / 24:23.1f} {hours * nodes * arguments.cores:11,.0f} "
                  f"{hours * nodes * arguments.cores * arguments.price:10,.0f}")
        curves[name] = curve
    if arguments.svg:
        with open(arguments.svg, "w") as file:
            file.write(plot(curves))


def plot(curves):
    """Pairs a second over nodes, both logarithmic."""
    width, height, left, bottom = 640, 400, 70, 50
    points = [point for curve in curves.values() for point in curve]
    low = math.floor(math.log10(min(point[1] for point in points)))
    high = math.ceil(math.log10(max(point[2] for point in points)))

    def x(nodes):
        return left + (math.log2(nodes) - 3) / 9 * (width - left - 90)

    def y(value):
        return (height - bottom) - (math.log10(value) - low) / (high - low) * (height - bottom - 20)

    def line(points, style):
        path = " ".join(f"{x(nodes):.1f},{y(value):.1f}" for nodes, value in points)
        return f'<polyline points="{path}" fill="none" {style}/>'

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for power in range(low, high + 1):
        out.append(f'<line x1="{left}" x2="{width - 90}" y1="{y(10**power):.1f}" '
                   f'y2="{y(10**power):.1f}" stroke="#ddd"/>'
                   f'<text x="{left - 6}" y="{y(10**power) + 4:.1f}" text-anchor="end">'
                   f'{10**power:,}</text>')
    for nodes in (2**k for k in range(3, 13)):
        out.append(f'<text x="{x(nodes):.1f}" y="{height - bottom + 18}" text-anchor="middle">'
                   f'{nodes:,}</text>')
    out.append(f'<text x="{(left + width - 90) / 2}" y="{height - 10}" text-anchor="middle">'
               'nodes</text>'
               f'<text x="16" y="{height / 2}" text-anchor="middle" '
               f'transform="rotate(-90 16 {height / 2})">pairs a second</text>')
    for (name, curve), colour in zip(curves.items(), ("#1b6ca8", "#2e8b57", "#b5502b")):
        first = curve[0]
        ideal = [(nodes, first[2] * nodes / first[0]) for nodes, _, _ in curve]
        out.append(line(ideal, f'stroke="{colour}" stroke-dasharray="2 4"'))
        out.append(line([(n, v) for n, v, _ in curve],
                        f'stroke="{colour}" stroke-width="1.5" stroke-dasharray="7 4"'))
        out.append(line([(n, v) for n, _, v in curve], f'stroke="{colour}" stroke-width="2"'))
        out.append(f'<text x="{x(4096) + 8:.1f}" y="{y(curve[-1][2]) + 4:.1f}" fill="{colour}">'
                   f'{name}</text>')
    out.append(f'<text x="{left + 10}" y="32">dotted: ideal; dashed: gradients after the backward '
               'pass; solid: during it</text></svg>')
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["scaling", "predict"])
    parser.add_argument("--program")
    parser.add_argument("--configuration", default="launch/demo.yaml")
    parser.add_argument("--constants", default="data/scaling.json")
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", default="small")
    parser.add_argument("--pairs", type=int, default=32, help="a rank, weak")
    parser.add_argument("--batch", type=int, default=128, help="of all ranks, strong")
    parser.add_argument("--cores", type=int, default=64, help="of a node")
    parser.add_argument("--gflops", type=float, help="of a core (as measured)")
    parser.add_argument("--efficiency", type=float, help="of it in training (as measured)")
    parser.add_argument("--memory", type=float, default=4, help="bandwidth of a node over a core's")
    parser.add_argument("--gbit", type=float, default=100)
    parser.add_argument("--latency", type=float, default=5, help="microseconds")
    parser.add_argument("--price", type=float, default=0.02, help="of a core-hour")
    parser.add_argument("--svg")
    arguments = parser.parse_args()
    if arguments.steps < 4:
        parser.error("--steps: 4 or more, since the first three do not count")
    {"scaling": measure, "predict": predict}[arguments.command](arguments)


if __name__ == "__main__":
    main()

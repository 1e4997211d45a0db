"""Compares the memory that `coca-train --dry-run` estimates with what a rank takes.

Run by `launch/bench memory`, on the demo's records.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

TINY = ["batch=128"]
SMALL = ["model=small", "batch=32"]
LARGE = ["model={preset: coca_ViT-B-32, text: {vocabulary: 49408}}", "batch=8"]
# Ranks, and settings on top of the demo's run file.
CASES = [(1, base + more) for base in (TINY, SMALL) for more in (
    [], ["microbatch=8"], ["recompute=blocks"], ["optimizer.name=adafactor"],
    ["recompute=blocks", "microbatch=16", "optimizer.name=adafactor"],
)] + [
    (1, ["batch=512"]),
    (1, [*TINY, "reproducible=true", "lanes=16"]),
    (1, ["model={preset: tiny, layout: openclip, poolers: shared}", "batch=128"]),
    (2, SMALL),
    (2, [*SMALL, "shard_optimizer=true"]),
    (4, [*TINY, "contrastive_exchange=ring"]),
    (4, [*SMALL, "shard_optimizer=true", "microbatch=4"]),
    (8, TINY),
    (1, LARGE),
    (1, [*LARGE, "recompute=blocks", "optimizer.name=adafactor"]),
]


def command(arguments, ranks, settings, *options):
    always = [f"steps={arguments.steps}", "validation.sets=[]", "log.every=1",
              "checkpoint={every: null, minutes: null}"]
    words = [word for setting in always + settings for word in ("--set", setting)]
    launch = ["mpirun", "--oversubscribe", "-n", str(ranks)] if ranks > 1 else []
    return [*launch, arguments.program, arguments.configuration, "--threads", "2", *words, *options]


def run(words):
    result = subprocess.run(words, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"launch/bench: {' '.join(words)}\n{result.stderr}")
    return result.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--configuration", default="launch/demo.yaml")
    parser.add_argument("--steps", type=int, default=8)
    arguments = parser.parse_args()
    print("estimated    taken  ratio  ranks  settings")
    for ranks, settings in CASES:
        header = run(command(arguments, ranks, settings, "--dry-run", "--json"))
        estimate = json.loads(header.splitlines()[0])["estimated_memory_bytes"]["total"]
        with tempfile.TemporaryDirectory() as scratch:
            output = os.path.join(scratch, "run")
            run(command(arguments, ranks, settings, "--output", output))
            with open(os.path.join(output, "metrics.jsonl")) as lines:
                taken = max(json.loads(line)["resident_bytes"] for line in lines)
        print(f"{estimate / 1e6:6.0f} MB {taken / 1e6:6.0f} MB {estimate / taken:6.2f} {ranks:6}  "
              + " ".join(settings), flush=True)


if __name__ == "__main__":
    main()

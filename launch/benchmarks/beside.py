"""Compares one job with a rank on every core with as many jobs of one rank.

Run by `launch/bench beside`. All jobs are started once and run in turn, so that the compared steps
are only seconds apart.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from scaling import Trainer


class Job:
    """A run that is stopped and let go on as often as wanted. It never ends by itself."""

    def __init__(self, trainer, batch, launch, binding):
        command = [*launch, *trainer.command(batch, 100_000), "--binding", binding]
        self.run = trainer.run
        self.words = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self.words)

    def signal(self, number):
        """To its ranks, not to mpirun."""
        subprocess.run(["pkill", f"-{number}", "-f", f"^[^ ]*coca-train .*{self.run}"])

    def times(self):
        """Each step's end."""
        if self.process.poll() is not None:
            self.words.seek(0)
            sys.exit(f"launch/bench: a job ended.\n{self.words.read()}")
        try:
            with open(os.path.join(self.run, "metrics.jsonl")) as lines:
                return [json.loads(line)["time"] for line in lines if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def end(self):
        self.signal("KILL")
        self.process.wait()


def turn(jobs, steps):
    """Lets jobs run until each has made so many steps whole: each one's steps a second."""
    before = [len(job.times()) for job in jobs]
    for job in jobs:
        job.signal("CONT")
    # The first to end is one that began before the turn.
    while any(len(job.times()) <= count + steps for job, count in zip(jobs, before)):
        time.sleep(0.02)
    for job in jobs:
        job.signal("STOP")
    ends = [job.times()[count:] for job, count in zip(jobs, before)]
    return [(len(times) - 1) / (times[-1] - times[0]) for times in ends]


def beside(arguments):
    cores = sorted(os.sched_getaffinity(0))
    ranks = len(cores)
    jobs = []
    with tempfile.TemporaryDirectory() as scratch:
        # A stopped job is silent for long and not lost; all its steps are to be made alike.
        trainer = Trainer(arguments.program, arguments.configuration, scratch,
                          f"model={arguments.model}", "deadline=36000", "overlap=off")
        try:
            jobs.append(Job(trainer, arguments.pairs * ranks,
                            ["mpirun", "--oversubscribe", "-n", str(ranks)], "auto"))
            turn(jobs, 2)
            for core in cores:
                jobs.append(Job(trainer, arguments.pairs, ["taskset", "-c", str(core)], "keep"))
            turn(jobs[1:], 2)
            compare_jobs(arguments, jobs[:1], jobs[1:])
        finally:
            for job in jobs:
                job.end()


def compare_jobs(arguments, one, many):
    ranks = len(many)
    print(f"{arguments.model}, {arguments.pairs} pairs a rank, {ranks} ranks; pairs/s\n"
          f"round   one job  {ranks} jobs  of them  of the slowest")
    ratios = {"them": [], "the slowest": []}
    for number in range(max(arguments.rounds, 2)):
        together = ranks * arguments.pairs * turn(one, arguments.steps)[0]
        apart = [arguments.pairs * rate for rate in turn(many, arguments.steps)]
        # Ranks that wait for each other are as fast as the slowest core lets them be.
        slowest = ranks * min(apart)
        ratios["them"].append(together / sum(apart))
        ratios["the slowest"].append(together / slowest)
        print(f"{number + 1:5} {together:9.2f} {sum(apart):7.2f} {together / sum(apart):8.1%} "
              f"{together / slowest:15.1%}", flush=True)
    for of, found in ratios.items():
        low, median, high = statistics.quantiles(found, n=4)
        print(f"median of {of} {median:.1%}, half of the rounds {low:.1%} to {high:.1%}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program")
    parser.add_argument("--configuration", default="launch/demo.yaml")
    parser.add_argument("--model", default="small")
    parser.add_argument("--pairs", type=int, default=32, help="of a rank")
    parser.add_argument("--steps", type=int, default=4, help="of a turn")
    parser.add_argument("--rounds", type=int, default=11)
    arguments = parser.parse_args()
    # The jobs never end by themselves: `beside` ends them on its way out.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    beside(arguments)


if __name__ == "__main__":
    main()

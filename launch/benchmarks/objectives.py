"""What a step takes with both losses and with each alone. Run by `launch/bench objectives`.

Each objective has a process of its own; they take turns, so that little time lies between what is
compared.
"""
import argparse
import os
import statistics

from partner import Partner

OBJECTIVES = ["coca", "contrastive", "caption"]


class Trainer(Partner):
    def __init__(self, arguments, objective):
        super().__init__([
            arguments.ours, "step", "--objective", objective, "--model", arguments.model,
            "--pairs", str(arguments.pairs), "--threads", str(arguments.threads)])
        self.ask("step")
        self.turns = []

    def turn(self, steps):
        reports = [self.ask("step") for _ in range(steps)]
        self.turns.append(statistics.median(report["seconds"]["total"] for report in reports))
        self.operations, self.peak = reports[-1]["operations"], reports[-1]["peak_bytes"]


def compare(arguments, trainers):
    for _ in range(max(arguments.rounds, 2)):
        for trainer in trainers.values():
            trainer.turn(arguments.steps)
    both = trainers["coca"]
    machine = both.ask("machine")
    print(f"{machine['processor']}: {machine['instructions']}, {machine['kernel']}\n"
          f"{arguments.model}, {arguments.pairs} pairs, {arguments.threads} threads\n"
          "                                                     of coca's\n"
          "objective    pairs/s  GFLOP/pair  GFLOP/s  peak MB  operations   time  half the rounds")
    for name, trainer in trainers.items():
        seconds = statistics.median(trainer.turns)
        ratios = [own / other for own, other in zip(trainer.turns, both.turns)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(f"{name:11} {arguments.pairs / seconds:8.1f} "
              f"{trainer.operations / arguments.pairs / 1e9:11.2f} "
              f"{trainer.operations / seconds / 1e9:8.0f} {trainer.peak / 1e6:8.0f} "
              f"{trainer.operations / both.operations:11.3f} {middle:6.3f}  "
              f"{low:.3f} to {high:.3f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours")
    parser.add_argument("--model", default="small")
    parser.add_argument("--pairs", type=int, default=32)
    parser.add_argument("--steps", type=int, default=2, help="of a turn")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    trainers = {}
    try:
        for objective in OBJECTIVES:
            trainers[objective] = Trainer(arguments, objective)
        compare(arguments, trainers)
    finally:
        for trainer in trainers.values():
            trainer.close()


if __name__ == "__main__":
    main()

"""Adafactor as ScalingViT (arXiv 2106.04560, §3.4) uses it, independent of the project's.

A second moment of rows and columns (arXiv 1804.04235, algorithm 4), momentum in full precision, no
update clipping, no relative step; weight decay is decoupled and multiplied by the learning rate.
"""

import torch


class Adafactor:
    def __init__(self, param_groups, betas, epsilon):
        self.param_groups = param_groups
        (self.beta1, self.beta2), self.epsilon = betas, epsilon
        self.updates = 0
        self.state = {}

    @torch.no_grad()
    def step(self):
        self.updates += 1
        beta2 = min(self.beta2, 1 - self.updates ** -0.8)
        for group in self.param_groups:
            for p in group["params"]:
                u = p.grad / self.root_of_second_moment(p, beta2)
                m = self.average(p, "momentum", u, self.beta1)
                p -= group["lr"] * (m + group["weight_decay"] * p)

    def root_of_second_moment(self, p, beta2):
        square = p.grad ** 2 + self.epsilon
        if p.ndim != 2 or min(p.shape) < 32:
            return self.average(p, "square", square, beta2).sqrt()
        rows = self.average(p, "rows", square.mean(1, keepdim=True), beta2)
        columns = self.average(p, "columns", square.mean(0, keepdim=True), beta2)
        return (rows * columns / rows.mean()).sqrt()

    def average(self, p, name, value, beta):
        old = self.state.get((p, name), torch.zeros_like(value))
        new = self.state[p, name] = beta * old + (1 - beta) * value
        return new

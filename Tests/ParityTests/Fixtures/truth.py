"""The truth about a case and how far float32 falls from it, written as a folder.

A reference has `losses(images, captions, contrastive, caption)`, which gives a dictionary of
outputs (image_features, text_features, logits: a row for every id of every caption but its last)
and one of the losses times their weights, neither with what belongs to a loss of weight 0;
`weights()`, pairs of name and parameter; `scale()`, the logit scale's parameter;
`optimizer(settings)`. Its float64 results are the truth; its own float32's distance from them is
what others are measured by.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import save_file


@dataclass
class Case:
    """What is computed: a batch, the weights of the losses, and some updates."""
    images: torch.Tensor
    captions: list  # of lists of ids, start and end included
    contrastive: float = 1.0
    caption: float = 2.0
    classification: float = 1.0
    steps: int = 0
    optimizer: dict = field(default_factory=dict)
    schedule: dict = field(default_factory=dict)
    clip: float | None = None

    def rate(self, step):
        """Linear warm-up, then half a cosine to zero after the last step."""
        peak, warmup = self.schedule["peak"], self.schedule["warmup"]
        if step < warmup:
            return peak * (step + 1) / warmup
        return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (self.steps - warmup)))


def compute(reference, case, keep, stepped=lambda steps, reference, optimizer: None):
    """Calls `keep(name, tensor)` with every output, gradient, loss and weight after the steps.

    Weights that no loss reads have no gradient and are left out. The steps change the reference;
    `stepped` is called after each.
    """
    dtype = reference.scale().dtype
    images = case.images.to(dtype)
    optimizer = reference.optimizer(case.optimizer) if case.steps else None
    lines = []
    for step in range(max(case.steps, 1)):
        reference.zero_grad()
        outputs, losses = reference.losses(
            images, case.captions, case.contrastive, case.caption)
        sum(losses.values()).backward()
        if step == 0:
            for name, loss in losses.items():
                keep(f"loss/{name}", loss / getattr(case, name))
            for name, tensor in outputs.items():
                keep(name, tensor)
            read = [(name, parameter) for name, parameter in reference.weights()
                    if parameter.grad is not None and parameter.grad.any()]
            for name, parameter in read:
                keep(f"gradient/{name}", parameter.grad)
        del outputs
        if case.steps:
            lines.append({name: loss.item() / getattr(case, name)
                          for name, loss in losses.items()}
                         | {"norm": update(reference, optimizer, case, step)})
            stepped(step + 1, reference, optimizer)
    if case.steps:
        for name in lines[0]:
            keep(f"steps/{name}", torch.tensor([line[name] for line in lines], dtype=dtype))
        for name, parameter in read:
            keep(f"after/{name}", parameter)


def update(reference, optimizer, case, step):
    """Clips, updates and clamps, in open_clip's order; gives the norm before clipping."""
    parameters = [parameter for _, parameter in reference.weights()]
    limit = math.inf if case.clip is None else case.clip
    norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
    for group in optimizer.param_groups:
        group["lr"] = case.rate(step)
    optimizer.step()
    with torch.no_grad():
        reference.scale().clamp_(0, math.log(100))
    return norm.item()


def units(name, tensor):
    """The parts of a tensor that are compared apart, each with its name."""
    if name.endswith(("in_proj_weight", "in_proj_bias")):
        return [(f"{name}.{part}", rows)
                for part, rows in zip(("query", "key", "value"), tensor.chunk(3))]
    return [(name, tensor)]


def measure(part):
    """What a part's error is divided by is the norm of this part of the truth.

    The true gradient of a key bias is zero, because it adds the same to all scores of a query:
    it is measured by the query bias's gradient.
    """
    if part.startswith("gradient/"):
        for ending, query in (("in_proj_bias.key", "in_proj_bias.query"),
                              (".key.bias", ".query.bias")):
            if part.endswith(ending):
                return part.removesuffix(ending) + query
    return part


def norm(tensor):
    return torch.linalg.vector_norm(tensor.double()).item()


def write(make, case, folder, description, extra=None, **watching):
    """Writes case.safetensors (the truth, rounded to float32) and case.json (all else).

    `make(dtype)` makes a reference of its own. What watches does so in float32.
    """
    tensors = {"images": case.images.clone()}
    compute(make(torch.float64), case,
            lambda name, tensor: tensors.__setitem__(name, rounded(tensor)))
    truth = {part: rows for name, tensor in tensors.items() for part, rows in units(name, tensor)}
    errors = {}

    def compare(name, tensor):
        for part, rows in units(name, tensor.detach()):
            distance, size = norm(rows.double() - truth[part].double()), norm(truth[measure(part)])
            errors[part] = float(f"{distance / size if distance else 0:.3g}")

    compute(make(torch.float32), case, compare, **watching)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors | (extra or {}), folder / "case.safetensors")
    description |= {
        "captions": case.captions,
        "loss": {"contrastive": case.contrastive, "caption": case.caption},
        "updates": case.steps and {
            "steps": case.steps, "schedule": case.schedule, "optimizer": case.optimizer,
            "clip": case.clip} or None}
    lines = [f'"{key}": {json.dumps(value)}' for key, value in description.items()]
    lines += ['"errors": ' + json.dumps(errors, indent=1)]
    (folder / "case.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return truth, errors


def rounded(tensor):
    return tensor.detach().to(torch.float32, copy=True).contiguous()

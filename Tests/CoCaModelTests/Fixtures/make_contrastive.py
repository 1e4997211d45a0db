"""Makes contrastive.json beside it: contrastive losses and their gradients by PyTorch, in float64.

Run by developers only, with torch 2.13.0:  python make_contrastive.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
HERE = pathlib.Path(__file__).parent
JOINT = 6
OWNERS = [0, 0, 1, 2, 2, 2, 3, 4, 4, 5]
# Of each text. Texts 1, 3 and 6 are equal, so are 2 and 9.
KEYS = [10, 11, 12, 11, 13, 14, 11, 15, 16, 12]
SINGLE = {"owners": [0, 1, 2, 3, 4, 5], "keys": [10, 11, 10, 12, 11, 10]}


def rows(count, generator):
    return F.normalize(torch.randn(count, JOINT, generator=generator), dim=1)


def matches(owners, keys):
    """[images, texts]: whether a text has the key of one of the image's own texts."""
    own = [{key for owner, key in zip(owners, keys) if owner == image}
           for image in range(max(owners) + 1)]
    return torch.tensor([[key in keys_of for key in keys] for keys_of in own])


def softmax(images, texts, scale, bias, matching, smoothing):
    """UniCL's loss with label smoothing, less the entropy of the targets."""
    def direction(logits, matching):
        targets = matching / matching.sum(1, keepdim=True)
        smooth = (1 - smoothing) * targets + smoothing / targets.shape[1]
        loss = F.cross_entropy(logits, targets, label_smoothing=smoothing)
        return loss + torch.special.xlogy(smooth, smooth).sum(1).mean()

    logits = scale * images @ texts.T
    return (direction(logits, matching.double()) + direction(logits.T, matching.T.double())) / 2


def sigmoid(images, texts, scale, bias, matching, smoothing):
    """SigLIP, Algorithm 1."""
    signs = 2 * matching.double() - 1
    return -F.logsigmoid(signs * (scale * images @ texts.T + bias)).sum() / len(texts)


def case(name, loss, owners, keys, scale, bias, smoothing, seed):
    generator = torch.Generator().manual_seed(seed)
    images, texts = rows(max(owners) + 1, generator), rows(len(owners), generator)
    # As the trainer gets them.
    images, texts = (x.float().double().requires_grad_() for x in (images, texts))
    log_scale = torch.tensor(float(scale)).log().requires_grad_()
    bias = torch.tensor(float(bias)).requires_grad_()
    value = loss(images, texts, log_scale.exp(), bias, matches(owners, keys), smoothing)
    value.backward()
    return {
        "name": name, "loss": loss.__name__, "owners": owners, "keys": keys,
        "scale": scale, "bias": bias.item(), "smoothing": smoothing,
        "images": images.flatten().tolist(), "texts": texts.flatten().tolist(),
        "value": value.item(), "imageGradient": images.grad.flatten().tolist(),
        "textGradient": texts.grad.flatten().tolist(), "logScale": log_scale.grad.item(),
        "biasGradient": 0 if bias.grad is None else bias.grad.item(),
    }


own = list(range(10, 16))
several = [10 + owner for owner in OWNERS]
cases = [
    case("ALIGN: smoothed", softmax, SINGLE["owners"], own, 14, 0, 0.1, 1),
    case("UniCL: equal pairs", softmax, SINGLE["owners"], SINGLE["keys"], 14, 0, 0, 2),
    case("several texts, equal ones, smoothed", softmax, OWNERS, KEYS, 5, 0, 0.2, 3),
    case("SigLIP", sigmoid, SINGLE["owners"], own, 10, -10, 0, 4),
    case("SigLIP, equal pairs", sigmoid, SINGLE["owners"], SINGLE["keys"], 10, -1.5, 0, 5),
    case("SigLIP, several texts", sigmoid, OWNERS, several, 20, -2, 0, 6),
    case("SigLIP, several texts, equal ones", sigmoid, OWNERS, KEYS, 10, -2, 0, 7),
]
(HERE / "contrastive.json").write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")

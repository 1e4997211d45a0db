"""CoCa (arXiv 2205.01917) written from the paper, in plain PyTorch, one caption at a time.

What the paper leaves open is as the project decided: LayerNorm with 1e-5, GELU with erf, attention
scaled by the square root of the head's width, poolers without residual and MLP. Weights are named
as the project names them; a linear weight is [out, in].
"""

import math

import torch
from torch.nn.functional import (
    binary_cross_entropy_with_logits, cross_entropy, gelu, layer_norm)

from adafactor import Adafactor


class Paper:
    """`prefixes` has for each caption the number of its first ids that all its ids see, and that
    are not predicted; `smoothing` is that of the captioning loss. `classes` has for each image its
    classes, which are then all that is learned."""

    def __init__(self, configuration, weights, prefixes=None, smoothing=0.0, classes=None):
        self.c, self.w = configuration, weights
        self.prefixes, self.smoothing, self.classes = prefixes, smoothing, classes

    def image(self, pixels):
        """[patches, width] of one image [3, size, size]."""
        c = self.c["image"]
        size, patch = c["size"], c["patch"]
        rows = [pixels[:, y:y + patch, x:x + patch].reshape(-1)
                for y in range(0, size - patch + 1, patch)
                for x in range(0, size - patch + 1, patch)]
        x = self.linear("imageEncoder.patchEmbedding", torch.stack(rows))
        x = x + self.w["imageEncoder.positions"]
        for i in range(c["layers"]):
            x = self.block(f"imageEncoder.layers.{i}", x, c["heads"])
        return self.norm("imageEncoder.norm", x)

    def text(self, ids, prefix):
        """[ids + 1, width]: the words, then the CLS."""
        words = self.w["unimodal.tokenTable"][ids] + self.w["unimodal.positions"][:len(ids)]
        x = torch.cat([words, self.w["unimodal.cls"][None]])
        for i in range(self.c["text"]["layers"]):
            x = self.block(f"unimodal.layers.{i}", x, self.c["text"]["heads"], prefix)
        return x

    def whole_text(self, ids):
        """The CLS after both halves without the image, where the ids see each other (MaMMUT)."""
        x = self.text(ids, len(ids))
        for i in range(self.c["multimodal"]["layers"]):
            x = self.block(
                f"multimodal.layers.{i}", x, self.c["multimodal"]["heads"], len(ids))
        return x[-1]

    def logits(self, words, image, prefix):
        for i in range(self.c["multimodal"]["layers"]):
            name, heads = f"multimodal.layers.{i}", self.c["multimodal"]["heads"]
            x = self.norm(f"{name}.attentionNorm", words)
            words = words + self.attention(f"{name}.attention", x, x, heads, prefix)
            x = self.norm(f"{name}.crossNorm", words)
            kv = self.norm(f"{name}.imageNorm", image)
            words = words + self.attention(f"{name}.crossAttention", x, kv, heads)
            words = words + self.mlp(f"{name}.mlp", self.norm(f"{name}.mlpNorm", words))
        return self.norm("multimodal.norm", words) @ self.w["vocabularyProjection"].T

    def pooler(self, name, x):
        queries = self.norm(f"{name}.queryNorm", self.w[f"{name}.queries"])
        kv = self.norm(f"{name}.inputNorm", x)
        pooled = self.attention(f"{name}.attention", queries, kv, self.c["image"]["heads"])
        return self.norm(f"{name}.outputNorm", pooled)

    def pair(self, pixels, caption, prefix):
        """Image embedding, text embedding, and logits for all ids but the first."""
        patches = self.image(pixels)
        tokens = patches
        if self.c["poolers"] != "none":
            tokens = self.pooler("captionPooler", patches)
        read = tokens if self.c["poolers"] == "cascade" else patches
        image = self.linear("imageProjection", self.pooler("contrastivePooler", read))[0]
        ids = torch.tensor(caption)
        x = self.text(ids, prefix)
        cls = self.whole_text(ids) if self.c.get("text_passes") == "two" else x[-1]
        text = self.linear("textProjection", self.norm("unimodal.norm", cls))
        return image / image.norm(), text / text.norm(), self.logits(x[:-1], tokens, prefix)[:-1]

    def classification(self, images):
        logits = torch.stack([
            self.linear("classProjection", self.pooler("classPooler", self.image(pixels)))[0]
            for pixels in images])
        targets = torch.zeros_like(logits)
        for row, classes in enumerate(self.classes):
            targets[row, classes] = 1
        if self.c["classes"]["loss"] == "softmax":
            return cross_entropy(logits, targets / targets.sum(1, keepdim=True))
        return binary_cross_entropy_with_logits(logits, targets, reduction="sum") / len(images)

    def losses(self, images, captions, contrastive, caption):
        if self.classes:
            return {}, {"classification": self.classification(images)}
        prefixes = self.prefixes or [0] * len(captions)
        pairs = [self.pair(*pair) for pair in zip(images, captions, prefixes)]
        image, text = (torch.stack([pair[i] for pair in pairs]) for i in (0, 1))
        logits = torch.cat([pair[2] for pair in pairs])
        similarity = self.w["logitScale"].exp() * image @ text.T
        own = torch.arange(len(captions))
        matching = (cross_entropy(similarity, own) + cross_entropy(similarity.T, own)) / 2
        captioning = cross_entropy(
            logits, torch.tensor([id if place >= prefix else -1
                                  for ids, prefix in zip(captions, prefixes)
                                  for place, id in enumerate(ids) if place > 0]),
            ignore_index=-1, label_smoothing=self.smoothing)
        # With prefixes the outputs are not those of evaluation.
        outputs = {} if self.prefixes else {
            "image_features": image, "text_features": text, "logits": logits}
        return outputs, {"contrastive": contrastive * matching, "caption": caption * captioning}

    def block(self, name, x, heads, prefix=None):
        normed = self.norm(f"{name}.attentionNorm", x)
        x = x + self.attention(f"{name}.attention", normed, normed, heads, prefix)
        return x + self.mlp(f"{name}.mlp", self.norm(f"{name}.mlpNorm", x))

    def attention(self, name, x, context, heads, prefix=None):
        """Causal but for the first rows, if their number is given."""
        q, k, v = (self.linear(f"{name}.{part}", rows).unflatten(1, (heads, -1)).transpose(0, 1)
                   for part, rows in (("query", x), ("key", context), ("value", context)))
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[2])
        if prefix is not None:
            later = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
            later[:, :prefix] = False
            scores = scores.masked_fill(later, -math.inf)
        return self.linear(f"{name}.output", (scores.softmax(2) @ v).transpose(0, 1).flatten(1))

    def mlp(self, name, x):
        return self.linear(f"{name}.output", gelu(self.linear(f"{name}.hidden", x)))

    def linear(self, name, x):
        y = x @ self.w[f"{name}.weight"].T
        return y + self.w[f"{name}.bias"] if f"{name}.bias" in self.w else y

    def norm(self, name, x):
        return layer_norm(x, x.shape[-1:], self.w[f"{name}.gain"], self.w[f"{name}.bias"], 1e-5)

    # What the driver in truth.py asks of a reference.

    def weights(self):
        return list(self.w.items())

    def scale(self):
        return self.w["logitScale"]

    def zero_grad(self):
        for weight in self.w.values():
            weight.grad = None

    def to(self, dtype):
        self.w = {name: torch.nn.Parameter(weight.detach().to(dtype))
                  for name, weight in self.w.items()}
        return self

    def optimizer(self, settings):
        """Linear, patch and vocabulary weights decay, nothing else."""
        def decays(name):
            return name == "vocabularyProjection" or (
                name.endswith(".weight") and self.w[name].ndim == 2)
        groups = [
            {"params": [w for n, w in self.w.items() if decays(n)],
             "weight_decay": settings["weight_decay"]},
            {"params": [w for n, w in self.w.items() if not decays(n)], "weight_decay": 0.0}]
        betas = (settings["beta1"], settings["beta2"])
        if settings["name"] == "adafactor":
            return Adafactor(groups, betas, settings["epsilon"])
        return torch.optim.AdamW(groups, lr=0.0, betas=betas, eps=settings["epsilon"])


def shapes(c):
    """Every weight of a configuration, as the paper's parts need them."""
    image, text, multimodal = c["image"], c["text"], c["multimodal"]
    w, t, j = image["width"], text["width"], c["joint"]
    patch = 3 * image["patch"] ** 2
    yield from linear("imageEncoder.patchEmbedding", patch, w)
    yield "imageEncoder.positions", [(image["size"] // image["patch"]) ** 2, w]
    for i in range(image["layers"]):
        yield from block(f"imageEncoder.layers.{i}", w, image["mlp"])
    yield from norm("imageEncoder.norm", w)
    for name, queries in (("captionPooler", image["queries"]), ("contrastivePooler", 1)):
        if name == "contrastivePooler" or c["poolers"] != "none":
            yield from pooler(name, queries, w)
    yield "imageProjection.weight", [j, w]
    yield "unimodal.tokenTable", [text["vocabulary"], t]
    yield "unimodal.positions", [text["context"], t]
    yield "unimodal.cls", [t]
    for i in range(text["layers"]):
        yield from block(f"unimodal.layers.{i}", t, text["mlp"])
    yield from norm("unimodal.norm", t)
    yield "textProjection.weight", [j, t]
    for i in range(multimodal["layers"]):
        name = f"multimodal.layers.{i}"
        yield from block(name, t, multimodal["mlp"])
        yield from norm(f"{name}.crossNorm", t)
        yield from norm(f"{name}.imageNorm", w)
        yield from attention(f"{name}.crossAttention", t, w)
    yield from norm("multimodal.norm", t)
    yield "vocabularyProjection", [text["vocabulary"], t]
    yield "logitScale", []
    if "classes" in c:
        yield from pooler("classPooler", 1, w)
        yield from linear("classProjection", w, len(c["classes"]["names"]))


def linear(name, inputs, outputs):
    return [(f"{name}.weight", [outputs, inputs]), (f"{name}.bias", [outputs])]


def norm(name, width):
    return [(f"{name}.gain", [width]), (f"{name}.bias", [width])]


def attention(name, width, context):
    return [pair for part in ("query", "key", "value", "output") for pair in linear(
        f"{name}.{part}", context if part in ("key", "value") else width, width)]


def pooler(name, queries, width):
    return [(f"{name}.queries", [queries, width]),
            *(pair for part in ("queryNorm", "inputNorm", "outputNorm")
              for pair in norm(f"{name}.{part}", width)),
            *attention(f"{name}.attention", width, width)]


def block(name, width, mlp):
    return [*norm(f"{name}.attentionNorm", width), *attention(f"{name}.attention", width, width),
            *norm(f"{name}.mlpNorm", width), *linear(f"{name}.mlp.hidden", width, mlp),
            *linear(f"{name}.mlp.output", mlp, width)]


def random_weights(configuration, draw):
    """Biases are not 0, gains not 1, all differ."""
    weights = {}
    for name, shape in shapes(configuration):
        noise = draw(name, shape)
        if name == "logitScale":
            weights[name] = torch.tensor(math.log(1 / 0.07))
        elif name.endswith(".gain"):
            weights[name] = 1 + 0.2 * noise
        elif name.endswith(".bias"):
            weights[name] = 0.1 * noise
        elif name.endswith(".queries"):
            weights[name] = noise
        elif name.endswith((".weight", "Projection")):
            weights[name] = noise * shape[1] ** -0.5
        else:
            weights[name] = 0.15 * noise
    return weights

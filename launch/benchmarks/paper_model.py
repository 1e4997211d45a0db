"""CoCa's `base` (arXiv 2205.01917, Table 1) as one writes it in PyTorch: batched, captions padded.

What the paper leaves open is as in the project's `paper` layout. `launch/bench step` times it.
"""
import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (
            nn.Linear(width, width) for _ in range(4))

    def forward(self, x, context, causal=False):
        q, k, v = (linear(y).unflatten(-1, (self.heads, -1)).transpose(1, 2) for linear, y in
                   ((self.query, x), (self.key, context), (self.value, context)))
        found = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.output(found.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    def __init__(self, width, heads, mlp, causal, crosses=False):
        super().__init__()
        self.causal = causal
        self.attention_norm, self.mlp_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, mlp), nn.GELU(), nn.Linear(mlp, width))
        if crosses:
            self.cross_norm, self.image_norm = nn.LayerNorm(width), nn.LayerNorm(width)
            self.cross = Attention(width, heads)

    def forward(self, x, image=None):
        y = self.attention_norm(x)
        x = x + self.attention(y, y, self.causal)
        if image is not None:
            x = x + self.cross(self.cross_norm(x), self.image_norm(image))
        return x + self.mlp(self.mlp_norm(x))


class Pooler(nn.Module):
    def __init__(self, queries, width, heads):
        super().__init__()
        self.queries = nn.Parameter(torch.randn(queries, width))
        self.query_norm, self.input_norm, self.output_norm = (
            nn.LayerNorm(width) for _ in range(3))
        self.attention = Attention(width, heads)

    def forward(self, x):
        queries = self.query_norm(self.queries).expand(len(x), -1, -1)
        return self.output_norm(self.attention(queries, self.input_norm(x)))


class Base(nn.Module):
    """12 layers for the image, 12 + 12 for the text."""

    def __init__(self, size=288, patch=18, width=768, heads=12, mlp=3072, layers=12, queries=256,
                 context=64, vocabulary=64_000, joint=512):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.image_positions = nn.Parameter(0.01 * torch.randn((size // patch) ** 2, width))
        self.encoder = nn.ModuleList(Layer(width, heads, mlp, False) for _ in range(layers))
        self.encoder_norm = nn.LayerNorm(width)
        self.caption_pooler = Pooler(queries, width, heads)
        self.contrastive_pooler = Pooler(1, width, heads)
        self.image_projection = nn.Linear(width, joint, bias=False)
        self.tokens = nn.Embedding(vocabulary, width)
        self.text_positions = nn.Parameter(0.01 * torch.randn(context, width))
        self.cls = nn.Parameter(0.01 * torch.randn(width))
        self.unimodal = nn.ModuleList(Layer(width, heads, mlp, True) for _ in range(layers))
        self.text_norm = nn.LayerNorm(width)
        self.text_projection = nn.Linear(width, joint, bias=False)
        self.multimodal = nn.ModuleList(Layer(width, heads, mlp, True, True) for _ in range(layers))
        self.multimodal_norm = nn.LayerNorm(width)
        self.vocabulary = nn.Linear(width, vocabulary, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(2.6592600))

    def forward(self, images, ids):
        """Both losses. `ids` is padded with zeros behind each caption's end."""
        x = self.patches(images).flatten(2).transpose(1, 2) + self.image_positions
        for layer in self.encoder:
            x = layer(x)
        tokens = self.caption_pooler(self.encoder_norm(x))
        image = self.image_projection(self.contrastive_pooler(tokens)[:, 0])

        # The CLS takes the place behind each caption's end: words never see it, nor the padding.
        lengths = (ids != 0).sum(1)
        rows = torch.arange(len(ids))
        x = F.pad(self.tokens(ids) + self.text_positions[:ids.shape[1]], (0, 0, 0, 1))
        x = x.index_put((rows, lengths), self.cls)
        for layer in self.unimodal:
            x = layer(x)
        text = self.text_projection(self.text_norm(x[rows, lengths]))

        x = x[:, :-2]
        for layer in self.multimodal:
            x = layer(x, tokens)
        logits = self.vocabulary(self.multimodal_norm(x))
        captioning = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=0)

        image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
        similarity = self.logit_scale.exp() * image @ text.T
        contrastive = (F.cross_entropy(similarity, rows) + F.cross_entropy(similarity.T, rows)) / 2
        return {"contrastive_loss": contrastive, "caption_loss": 2 * captioning}

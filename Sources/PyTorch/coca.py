"""A trained CoCa (https://arxiv.org/abs/2205.01917) in PyTorch, as `coca-convert export` writes it.

    import torch
    from PIL import Image
    from coca import CoCa

    model = CoCa.from_pretrained("FOLDER")
    pictures = torch.stack([model.preprocess(Image.open(file)) for file in ("a.jpg", "b.png")])
    texts = model.tokenize(["a wren on a branch", "a red bicycle"])
    with torch.no_grad():
        similarity = model.encode_image(pictures) @ model.encode_text(texts).T
    captions = [model.tokenizer.decode(ids) for ids in model.generate(pictures)]

It needs torch, safetensors and Pillow, and sentencepiece where the tokenizer is SentencePiece's.
Parts have the names of the tensors in model.safetensors.
"""

import html
import json
import re
import unicodedata
from pathlib import Path

import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


class CoCa(nn.Module):
    """Embeddings of pictures and texts in one space, and captions of pictures.

    `configuration` is that of configuration.json. A model has only the parts of its heads:
    `contrastive` for embeddings, `caption` for captions.
    """

    def __init__(self, configuration, tokenizer=None):
        super().__init__()
        # Configurations from before this key had it so.
        c = self.configuration = {"activation": "gelu"} | configuration
        self.tokenizer = tokenizer
        self.context = c["text"]["context"]
        heads = c.get("heads", ["contrastive", "caption"])
        image, width, joint = c["image"], c["text"]["width"], c["joint"]
        compares, crosses = "contrastive" in heads, "caption" in heads
        read = joint if c["poolers"] == "shared" else image["width"]

        def pooler(queries):
            return Pooler(queries, read, image["width"], image.get("pooler_heads", image["heads"]))

        self.imageEncoder = ImageEncoder(c)
        if c["poolers"] == "shared":
            self.pooler = pooler(image["queries"])
        elif c["poolers"] == "cascade" or c["poolers"] == "parallel" and crosses:
            self.captionPooler = pooler(image["queries"])
        self.unimodal = TextDecoder(c, compares)
        if compares:
            self.logitScale = nn.Parameter(torch.empty(()))
            if c.get("logit_bias"):
                self.logitBias = nn.Parameter(torch.empty(()))
            if c["layout"] == "paper":
                self.contrastivePooler = pooler(1)
            self.imageProjection = nn.Linear(read, joint, bias=False)
            self.textProjection = nn.Linear(width, joint, bias=False)
        if crosses:
            self.multimodal = MultimodalDecoder(c, read)
            self.vocabularyProjection = nn.Parameter(torch.empty(c["text"]["vocabulary"], width))

    @classmethod
    def from_pretrained(cls, folder):
        """The model in a folder that `coca-convert export` wrote."""
        folder = Path(folder)
        tokenizer = None
        for name, kind in (("tokenizer.model", SentencePiece), ("merges.txt", CLIPTokenizer)):
            if (folder / name).exists():
                tokenizer = kind(folder / name)
        with torch.device("meta"):
            model = cls(json.loads((folder / "configuration.json").read_text()), tokenizer)
        weights = {}
        for file in sorted(folder.glob("model*.safetensors")):
            weights.update(load_file(file))
        model.load_state_dict(weights, assign=True)
        return model.eval()

    def preprocess(self, picture):
        """A Pillow picture as `encode_image` reads it: [3, height, width]."""
        image = self.configuration["image"]
        height, width = pair(image["size"])
        factor = image.get("resize", 1)
        target = [max(side, round(side * factor)) for side in (width, height)]
        filters = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR}
        picture = upright_rgb(picture)
        picture = picture.resize(
            fitted(picture.size, target, image["fit"]), filters[image["interpolation"]])
        left, top = (max(0, round((side - wanted) / 2))
                     for side, wanted in zip(picture.size, (width, height)))
        picture = picture.crop((left, top, left + min(width, picture.width),
                                top + min(height, picture.height)))
        canvas = Image.new("RGB", (width, height))
        canvas.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
        pixels = torch.frombuffer(bytearray(canvas.tobytes()), dtype=torch.uint8)
        mean, std = (torch.tensor(image[name]).view(3, 1, 1) for name in ("mean", "std"))
        return (pixels.view(height, width, 3).permute(2, 0, 1) / 255 - mean) / std

    def tokenize(self, texts):
        """Texts as `encode_text` reads them: ids [texts, context], filled up with -1."""
        ids = torch.full((len(texts), self.context), -1)
        for row, text in zip(ids, texts):
            pieces = self.tokenizer.encode(text)[:self.context - 2]
            found = [self.tokenizer.start, *pieces, self.tokenizer.end]
            row[:len(found)] = torch.tensor(found)
        return ids

    def encode_image(self, pictures):
        """Pictures [n, 3, height, width] in the joint space: [n, joint], rows of length 1."""
        return F.normalize(self.imageProjection(self.image_tokens(pictures)[1]), dim=-1)

    def encode_text(self, ids):
        """Texts as `tokenize` gives them in the joint space: [n, joint], rows of length 1."""
        return F.normalize(self.textProjection(self.unimodal(ids, with_cls=True)), dim=-1)

    def logits(self, ids, tokens):
        """What follows each id [n, length] beside image tokens: [n, length, vocabulary]."""
        hidden = self.multimodal(self.unimodal(ids, with_cls=False), tokens)
        return F.linear(hidden, self.vocabularyProjection)

    @torch.no_grad()
    def generate(self, pictures, prompt="", max_tokens=None):
        """The likeliest caption of each picture, id by id: a list of ids for each, start and end
        included. `tokenizer.decode` makes text of it.

        `prompt` begins every caption. `max_tokens` counts start, prompt and end too; at most, and
        by default, it is the model's context.
        """
        limit = min(max_tokens or self.context, self.context)
        tokens = self.image_tokens(pictures)[0]
        first = [self.tokenizer.start, *self.tokenizer.encode(prompt)]
        if len(first) >= limit:
            raise ValueError(f"the prompt takes {len(first)} of {limit} ids, which leaves none")
        ids = torch.tensor(first, device=pictures.device).repeat(len(pictures), 1)
        ended = torch.zeros(len(pictures), dtype=torch.bool, device=pictures.device)
        while ids.shape[1] < limit and not ended.all():
            likeliest = self.logits(ids, tokens)[:, -1].argmax(-1)
            ids = torch.cat([ids, likeliest[:, None].where(~ended[:, None], -1)], dim=1)
            ended = ended | (likeliest == self.tokenizer.end)
        return [[id for id in row if id >= 0] for row in ids.tolist()]

    def image_tokens(self, pictures):
        """What captions attend to [n, tokens, width], and what becomes the embedding [n, width]."""
        patches = self.imageEncoder(pictures)
        pool = getattr(self, "captionPooler", None) or getattr(self, "pooler", None)
        tokens = pool(patches) if pool else patches
        if self.configuration["layout"] == "openclip":
            return tokens[:, 1:], tokens[:, 0]
        if not hasattr(self, "contrastivePooler"):
            return tokens, None
        read = tokens if self.configuration["poolers"] == "cascade" else patches
        return tokens, self.contrastivePooler(read)[:, 0]


class ImageEncoder(nn.Module):
    """Patches → linear → + positions → layers → LN; in layout openclip with a class token."""

    def __init__(self, c):
        super().__init__()
        image, is_paper = c["image"], c["layout"] == "paper"
        (height, width), self.patch = pair(image["size"]), pair(image["patch"])
        patches = (height // self.patch[0]) * (width // self.patch[1])
        self.patchEmbedding = nn.Linear(
            3 * self.patch[0] * self.patch[1], image["width"], bias=is_paper)
        self.classToken = None if is_paper else nn.Parameter(torch.empty(image["width"]))
        self.positions = nn.Parameter(torch.empty(patches + (not is_paper), image["width"]))
        has_norm = not is_paper and image.get("pre_norm", True)
        self.preNorm = Norm(image["width"]) if has_norm else nn.Identity()
        self.layers = nn.ModuleList(
            Layer(image["width"], image, c["activation"]) for _ in range(image["layers"]))
        self.norm = nn.Identity() if c["poolers"] == "shared" else Norm(image["width"])

    def forward(self, pictures):
        filters = self.patchEmbedding.weight.view(-1, 3, *self.patch)
        x = F.conv2d(pictures, filters, self.patchEmbedding.bias, stride=self.patch)
        x = x.flatten(2).transpose(1, 2)
        if self.classToken is not None:
            x = torch.cat([self.classToken.expand(x.shape[0], 1, -1), x], dim=1)
        x = self.preNorm(x + self.positions)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class Pooler(nn.Module):
    """Learned queries that attend to the encoder's tokens: LN(attention(LN(queries), LN(x)))."""

    def __init__(self, queries, width, image_width, heads):
        super().__init__()
        self.queries = nn.Parameter(torch.empty(queries, width))
        self.queryNorm, self.inputNorm = Norm(width), Norm(image_width)
        self.attention, self.outputNorm = Attention(width, image_width, heads), Norm(width)

    def forward(self, x):
        queries = self.queryNorm(self.queries).expand(x.shape[0], -1, -1)
        return self.outputNorm(self.attention(queries, self.inputNorm(x)))


class TextDecoder(nn.Module):
    """The unimodal half: causal, without the image. A CLS after the last id sees the whole text."""

    def __init__(self, c, has_cls):
        super().__init__()
        text, self.is_paper = c["text"], c["layout"] == "paper"
        self.context, self.legacy = text["context"], text.get("cls_mask") == "legacy"
        self.tokenTable = nn.Parameter(torch.empty(text["vocabulary"], text["width"]))
        self.positions = nn.Parameter(
            torch.empty(self.context + (not self.is_paper), text["width"]))
        self.layers = nn.ModuleList(
            Layer(text["width"], text, c["activation"]) for _ in range(text["layers"]))
        if has_cls:
            self.cls = nn.Parameter(torch.empty(text["width"]))
            self.norm = Norm(text["width"])

    def forward(self, ids, with_cls):
        """The CLS [n, width], or the ids' rows [n, length, width]."""
        if with_cls and not self.is_paper:
            ids = F.pad(ids, (0, self.context - ids.shape[1]), value=-1)
        x = F.embedding(ids.clamp(min=0), self.tokenTable) + self.positions[:ids.shape[1]]
        if with_cls:
            x, place = self.add_cls(x, ids)
        mask = self.mask(ids, x.shape[1])
        for layer in self.layers:
            x = layer(x, mask)
        if not with_cls:
            return x
        return self.norm(x.gather(1, place[:, None, None].expand(-1, 1, x.shape[2]))[:, 0])

    def add_cls(self, x, ids):
        """Rows with the CLS among them, and its row: after the last id, or after the padding."""
        rows = torch.arange(ids.shape[1] + 1, device=ids.device)
        place = (ids >= 0).sum(1) if self.is_paper else torch.full_like(ids[:, 0], ids.shape[1])
        cls = self.cls if self.is_paper else self.cls + self.positions[self.context]
        x = F.pad(x, (0, 0, 0, 1))
        return torch.where((rows == place[:, None])[..., None], cls, x), place

    def mask(self, ids, rows):
        """Which rows see which: [1 or n, 1, rows, rows].

        Layout openclip hides padding, which is id 0; its legacy mask is one place too far right, so
        that the CLS sees the first padding and not itself.
        """
        causal = torch.ones(rows, rows, dtype=torch.bool, device=ids.device).tril()[None, None]
        if self.is_paper:
            return causal
        seen = F.pad(ids > 0, (1, 0) if self.legacy else (0, 1), value=True)[:, :rows]
        return causal & seen[:, None, None]


class MultimodalDecoder(nn.Module):
    """The second half: the words' rows, which now attend to the image as well."""

    def __init__(self, c, image_width):
        super().__init__()
        width, part = c["text"]["width"], c["multimodal"]
        self.layers = nn.ModuleList(
            MultimodalLayer(width, image_width, part, c["activation"], c["layout"] == "openclip")
            for _ in range(part["layers"]))
        self.norm = Norm(width)

    def forward(self, x, tokens):
        rows = x.shape[1]
        mask = torch.ones(rows, rows, dtype=torch.bool, device=x.device).tril()
        for layer in self.layers:
            x = layer(x, tokens, mask)
        return self.norm(x)


class Layer(nn.Module):
    """x += attention(LN(x)); x += mlp(LN(x))."""

    def __init__(self, width, part, activation):
        super().__init__()
        self.attentionNorm, self.attention = Norm(width), Attention(width, width, part["heads"])
        self.mlpNorm, self.mlp = Norm(width), FeedForward(width, part["mlp"], activation)
        self.attentionScale, self.mlpScale = scale(width, part), scale(width, part)

    def forward(self, x, mask=None):
        y = self.attentionNorm(x)
        x = x + scaled(self.attention(y, y, mask), self.attentionScale)
        return x + scaled(self.mlp(self.mlpNorm(x)), self.mlpScale)


class MultimodalLayer(Layer):
    """x += attention(LN(x)); x += crossAttention(LN(x), LN(image)); x += mlp(LN(x)); in layout
    openclip with x += wordMLP(LN(x)) after the first."""

    def __init__(self, width, image_width, part, activation, has_word_mlp):
        super().__init__(width, part, activation)
        self.wordMLP = None
        if has_word_mlp:
            self.wordMLPNorm = Norm(width)
            self.wordMLP = FeedForward(width, part["mlp"], activation)
            self.wordMLPScale = scale(width, part)
        self.crossNorm, self.imageNorm = Norm(width), Norm(image_width)
        self.crossAttention = Attention(width, image_width, part["heads"])
        self.crossScale = scale(width, part)

    def forward(self, x, tokens, mask):
        y = self.attentionNorm(x)
        x = x + scaled(self.attention(y, y, mask), self.attentionScale)
        if self.wordMLP is not None:
            x = x + scaled(self.wordMLP(self.wordMLPNorm(x)), self.wordMLPScale)
        y = self.crossAttention(self.crossNorm(x), self.imageNorm(tokens))
        x = x + scaled(y, self.crossScale)
        return x + scaled(self.mlp(self.mlpNorm(x)), self.mlpScale)


class Attention(nn.Module):
    """Multi-head attention of [n, rows, width] to [n, keys, context_width]."""

    def __init__(self, width, context_width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.output = nn.Linear(width, width), nn.Linear(width, width)
        self.key, self.value = nn.Linear(context_width, width), nn.Linear(context_width, width)

    def forward(self, x, context, mask=None):
        q, k, v = (rows.unflatten(-1, (self.heads, -1)).transpose(1, 2)
                   for rows in (self.query(x), self.key(context), self.value(context)))
        found = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.output(found.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, width, hidden, activation):
        super().__init__()
        self.hidden, self.output = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.is_quick = activation == "quick_gelu"

    def forward(self, x):
        x = self.hidden(x)
        return self.output(x * torch.sigmoid(1.702 * x) if self.is_quick else F.gelu(x))


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.empty(width)), nn.Parameter(torch.empty(width))

    def forward(self, x):
        return F.layer_norm(x, self.gain.shape, self.gain, self.bias, 1e-5)


def scale(width, part):
    """The weights that scale a branch, where the model has them."""
    return nn.Parameter(torch.empty(width)) if "layer_scale" in part else None


def scaled(x, weights):
    return x if weights is None else x * weights


def pair(size):
    """Height and width, written as one number where they are the same."""
    return (size, size) if isinstance(size, int) else tuple(size)


def fitted(size, target, fit):
    """The size (width, height) to which a picture is resized before it is cropped or padded."""
    if fit == "squash":
        return tuple(target)
    if fit == "crop" and target[0] == target[1]:
        longer = target[0] * max(size) // min(size)
        return (target[0], longer) if size[0] <= size[1] else (longer, target[1])
    ratios = [side / wanted for side, wanted in zip(size, target)]
    ratio = max(ratios) if fit == "pad" else min(ratios)
    return tuple(max(1, round(side / ratio)) for side in size)


def upright_rgb(picture):
    """In RGB, over white where it is transparent; a JPEG is turned upright."""
    if picture.format == "JPEG":
        picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):  # 16 bits of grey: the upper 8
        picture = picture.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        picture = white
    return picture.convert("RGB")


class SentencePiece:
    """A SentencePiece model. Start, end and padding never come from a text."""

    def __init__(self, file):
        from sentencepiece import SentencePieceProcessor

        self.model = SentencePieceProcessor(model_file=str(file))
        self.start, self.end = self.model.bos_id(), self.model.eos_id()
        self.marks = {self.start, self.end, self.model.pad_id()}

    def encode(self, text):
        """The ids of a text, without start and end."""
        return [id for id in self.model.encode(text) if id not in self.marks]

    def decode(self, ids):
        size = self.model.get_piece_size()
        return self.model.decode([id for id in ids if 0 <= id < size and id not in self.marks])


class CLIPTokenizer:
    """CLIP's byte pair encoding, with the ids of open_clip.

    One step of open_clip's cleaning is left out: UTF-8 that was read in another encoding ("cafÃ©")
    is not repaired. HTML references in capitals stay ("&EACUTE;").
    """

    FIXED = re.compile("<start_of_text>|<end_of_text>|'(?:[sſtmd]|re|ve|ll)")
    # Of a text's kinds: letters, one number, anything else but white space.
    RUN = re.compile("L+|N|o+")
    PRINTABLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    # Plain characters for ligatures, letters of full and half width, and curly quotes; controls go.
    VARIANTS = [*range(0x132, 0x134), *range(0x1C4, 0x1CD), *range(0x1F1, 0x1F4), 0x3000,
                *range(0xFB00, 0xFB07), *range(0xFF01, 0xFFF0)]
    CONTROLS = [*range(9), 0xB, *range(0xE, 0x20), 0x7F, *range(0x206A, 0x2070), 0xFEFF,
                *range(0xFFF9, 0xFFFD)]
    PLAIN = {code: unicodedata.normalize("NFKC", chr(code)) for code in VARIANTS}
    PLAIN |= dict.fromkeys([0x2BC, *range(0x2018, 0x201C)], "'")
    PLAIN |= dict.fromkeys(range(0x201C, 0x2020), '"')
    PLAIN |= {0x149: "'n", 0xFB05: "ſt"}
    PLAIN |= dict.fromkeys(CONTROLS)

    def __init__(self, file):
        others = [byte for byte in range(256) if byte not in self.PRINTABLE]
        order = self.PRINTABLE + others
        self.letters = {byte: chr(byte) for byte in self.PRINTABLE}
        self.letters |= {byte: chr(256 + place) for place, byte in enumerate(others)}
        merges = [tuple(line.split(" ")) for line in
                  Path(file).read_text(encoding="utf-8").split("\n")[1:] if line]
        self.ranks = {merge: rank for rank, merge in enumerate(merges)}
        plain = [self.letters[byte] for byte in order]
        self.symbols = plain + [letter + "</w>" for letter in plain] + ["".join(m) for m in merges]
        self.start, self.end = len(self.symbols), len(self.symbols) + 1
        self.ids = {symbol: id for id, symbol in enumerate(self.symbols)}
        self.ids |= {"<start_of_text>": self.start, "<end_of_text>": self.end}
        self.bytes = {letter: byte for byte, letter in self.letters.items()}

    def encode(self, text):
        """The ids of a text, without start and end."""
        return [id for word in self.words(self.clean(text)) for id in self.word_ids(word)]

    def decode(self, ids):
        text = "".join(self.symbols[id] for id in ids if 0 <= id < self.start)
        found = bytes(self.bytes.get(letter, 0x20) for letter in text.replace("</w>", " "))
        return found.decode("utf-8", "replace").strip(" ")

    def word_ids(self, word):
        """Of all neighbours that can merge, the pair with the earliest merge is merged first."""
        if word in ("<start_of_text>", "<end_of_text>"):
            return [self.ids[word]]
        parts = [self.letters[byte] for byte in word.encode()]
        parts[-1] += "</w>"
        while len(parts) > 1:
            pair = min(zip(parts, parts[1:]), key=lambda p: self.ranks.get(p, len(self.ranks)))
            if pair not in self.ranks:
                break
            merged = []
            for part in parts:
                is_pair = merged and (merged[-1], part) == pair
                merged[-1:] = ["".join(pair)] if is_pair else [*merged[-1:], part]
            parts = merged
        return [self.ids[part] for part in parts]

    @classmethod
    def words(cls, text):
        kinds = "".join(" " if c.isspace() or c == "\u0345" else
                        unicodedata.category(c)[0] if unicodedata.category(c)[0] in "LN" else "o"
                        for c in text)
        place = 0
        while place < len(text):
            match = cls.FIXED.match(text, place) or cls.RUN.match(kinds, place)
            if match:
                yield text[place:match.end()]
            place = match.end() if match else place + 1

    @classmethod
    def clean(cls, text):
        before = None
        while text != before:
            before = text
            if "<" not in text:
                text = html.unescape(text)
            text = re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", text).translate(cls.PLAIN)
            text = unicodedata.normalize("NFC", text)
        text = html.unescape(html.unescape(text))
        return " ".join(text.split()).lower()

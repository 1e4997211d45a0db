"""The comparison of launch/checks/pytorch: PROGRAMS."""

import logging
import pathlib
import sys
import tempfile
import warnings

import onnxruntime
import torch
from PIL import Image
from safetensors.torch import load_file
from small_models import (
    OPEN_CLIP, PAIRS, STAMPS, TINY, VOCABULARY, captions, load, pictures, run, train)

BOUND = 1e-5
MODELS = {
    "paper": {"model": TINY},
    "paper, parallel": {"model": TINY | {
        "poolers": "parallel", "activation": "quick_gelu",
        "image": {"size": [40, 56], "fit": "pad", "layer_scale": 0.3},
        "text": {"layer_scale": 0.5}, "multimodal": {"layer_scale": 0.2}}},
    "paper, no pooler": {"model": TINY | {
        "poolers": "none", "image": {"resize": 1.2, "interpolation": "bilinear"}}},
    "contrastive alone": {"model": TINY | {"image": {"fit": "squash"}}, "objective": "contrastive"},
    "caption alone": {"model": TINY, "objective": "caption"},
    "openclip, legacy mask": {"tokenizer": str(VOCABULARY), "model": OPEN_CLIP | {
        "image": OPEN_CLIP["image"] | {"layer_scale": 0.3},
        "text": OPEN_CLIP["text"] | {"cls_mask": "legacy"}}},
    "openclip, correct mask": {"tokenizer": str(VOCABULARY), "model": OPEN_CLIP | {
        "image": OPEN_CLIP["image"] | {"pre_norm": False}}},
    "openclip, no pooler": {"tokenizer": str(VOCABULARY), "model": OPEN_CLIP | {
        "poolers": "none", "image": {"size": 32, "patch": 8, "width": 48, "heads": 4, "layers": 2,
                                     "mlp": 144}}},
}
WITH_GRAPHS = ("paper", "openclip, legacy mask")
TEXTS = [
    "a", "A wren, on a branch!",
    "it's 1905: \u201cd\u00e9j\u00e0 vu\u201d &amp; fish\u2019n\u2019chips!!",
    "two cats " * 40, "\u732b \U0001f431 \u041a\u043e\u0442", "!\u20ac a!b 7 <i>x</i>"]


def embeddings(folder, files):
    lines, target = folder / "texts.txt", folder / "embeddings.safetensors"
    lines.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    run("coca-eval", "embed", folder / "run", "--images", *files, "--texts", lines, "--to", target)
    found = load_file(target)
    return found["image"], found["text"]


def farthest(found, truth):
    return (found - truth).abs().max().item()


def graphs(model, folder, inputs):
    """What onnxruntime computes of the encoders' graphs, exported from one example of two."""
    outputs = []
    encoders = model.encode_image, model.encode_text
    for name, encode, batch in zip(("image", "text"), encoders, inputs):
        model.forward = encode
        torch.onnx.export(model, (batch[:2],), folder / f"{name}.onnx", input_names=[name],
                          dynamic_shapes=({0: "n"},), dynamo=True, verbose=False)
        session = onnxruntime.InferenceSession(folder / f"{name}.onnx")
        outputs.append(torch.from_numpy(session.run(None, {name: batch.numpy()})[0]))
    return outputs


def compare(name, folder, files):
    """A line of the table; whether the model is the same in PyTorch."""
    model = load(folder / "model")
    heads = model.configuration.get("heads", ["contrastive", "caption"])
    seen = torch.stack([model.preprocess(Image.open(file)) for file in files])
    cells, good = {}, True
    if "contrastive" in heads:
        truth = embeddings(folder, files)
        inputs = seen, model.tokenize(TEXTS)
        with torch.no_grad():
            found = [("", (model.encode_image(seen), model.encode_text(inputs[1])))]
        if name in WITH_GRAPHS:
            found.append((" by ONNX", graphs(model, folder, inputs)))
        for way, outputs in found:
            for kind, output, expected in zip(("image", "text"), outputs, truth):
                cells[kind + way] = farthest(output, expected)
        good = all(distance <= BOUND for distance in cells.values())
    line = "".join(f"{cells[key]:16.1e}" if key in cells else f"{'-':>16}"
                   for key in ("image", "text", "image by ONNX", "text by ONNX"))
    if "caption" in heads:
        same, total, different = 0, 0, set()
        for options, asked in (([], {}), (["--prompt", "a", "--max-tokens", "7"],
                                          {"prompt": "a", "max_tokens": 7})):
            for truth, ids in zip(captions(folder, files, *options),
                                  model.generate(seen, **asked), strict=True):
                same += truth["tokens"] == ids and truth["caption"] == model.tokenizer.decode(ids)
                total += 1
                different.add(truth["caption"])
        good &= same == total
        line += f"{same:9} of {total}{len(different):11}"
    print(f"{name:24}{line}", flush=True)
    return good


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)  # of the exporter
    print(f"{'largest distance of':24}{'image':>16}{'text':>16}{'image by ONNX':>16}"
          f"{'text by ONNX':>16}{'captions alike':>16}{'different':>11}")
    good = True
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        files = pictures(scratch)
        run("coca-shard", "pack", PAIRS, "--to", scratch / "records", "--limit", STAMPS)
        for number, (name, settings) in enumerate(MODELS.items()):
            folder = scratch / str(number)
            folder.mkdir()
            train(folder, settings)
            good &= compare(name, folder, files)
    sys.exit(0 if good else 1)


main()

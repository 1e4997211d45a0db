"""The comparison of launch/checks/pytorch: PROGRAMS."""

import importlib.util
import json
import logging
import pathlib
import subprocess
import sys
import tempfile
import warnings

import onnxruntime
import torch
from PIL import Image
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
OPEN_CLIP_PACKAGE = importlib.util.find_spec("open_clip").submodule_search_locations[0]
VOCABULARY = pathlib.Path(OPEN_CLIP_PACKAGE) / "bpe_simple_vocab_16e6.txt.gz"
PAIRS = ROOT / "data/pictures/stamps/pairs.jsonl"
STAMPS = 48
BOUND = 1e-5
TINY = {"preset": "tiny"}
# open_clip's CoCa, made small: 12 wide parts that have all that its large ones have.
OPEN_CLIP = {
    "preset": "coca_ViT-B-32", "joint": 48,
    "image": {"size": 32, "patch": 8, "width": 36, "heads": 3, "layers": 2, "mlp": 144,
              "queries": 9, "pooler_heads": 4},
    "text": {"width": 48, "heads": 4, "layers": 2, "mlp": 192, "context": 24},
    "multimodal": {"layers": 2, "heads": 4, "mlp": 192}}
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


def run(program, *arguments):
    command = [PROGRAMS / program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"launch/checks/pytorch: {program} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def pictures(folder):
    """The stamps that are trained on, and some of them in every format and mode."""
    rows = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()[:STAMPS]]
    files = [PAIRS.parent / row["file"] for row in rows]
    for number, file in enumerate(files[:12]):
        picture = Image.open(file).convert("RGBA")
        plain = Image.new("RGBA", picture.size, "white")
        plain.alpha_composite(picture)
        plain = plain.convert("RGB")
        turned = Image.Exif()
        turned[0x0112] = number % 8 + 1
        for name, made, options in (
                (f"{number}.jpg", plain, {"quality": 80, "exif": turned}),
                (f"{number}-cmyk.jpg", plain.convert("CMYK"), {}),
                (f"{number}.webp", picture, {"lossless": True}),
                (f"{number}.gif", plain.quantize(50), {}),
                (f"{number}-palette.png", plain.quantize(50), {}),
                (f"{number}-deep.png", plain.convert("L").convert("I").point(
                    lambda grey: grey * 257).convert("I;16"), {})):
            made.save(folder / name, **options)
            files.append(folder / name)
    return [str(file) for file in files]


def train(folder, settings):
    """Until captions differ: a few pictures, again and again."""
    file = folder / "run.yaml"
    file.write_text(json.dumps({
        "tokenizer": str(ROOT / "data/tokenizer.model"),
        "data": [{"records": str(folder.parent / "records")}], "batch": STAMPS, "steps": 150,
        "optimizer": {"name": "adamw", "lr": 0.003}, "schedule": {"warmup": 10}} | settings))
    run("coca-train", file, "--output", folder / "run")
    run("coca-convert", "export", folder / "run", "--to", folder / "model", "--format", "pytorch")


def load(folder):
    """The module that the export wrote, not the one in the sources."""
    spec = importlib.util.spec_from_file_location("coca", folder / "coca.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CoCa.from_pretrained(folder)


def embeddings(folder, files):
    lines, target = folder / "texts.txt", folder / "embeddings.safetensors"
    lines.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    run("coca-eval", "embed", folder / "run", "--images", *files, "--texts", lines, "--to", target)
    found = load_file(target)
    return found["image"], found["text"]


def captions(folder, files, *options):
    lines = run("coca-eval", "caption", folder / "run", "--images", *files, "--json", *options)
    return [json.loads(line) for line in lines.splitlines()]


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

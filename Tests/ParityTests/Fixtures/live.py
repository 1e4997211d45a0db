"""open_clip's part of launch/checks/parity, which says what comes when.

usage: python live.py make FOLDER PAIRS.jsonl [--quick]
       python live.py judge FOLDER

`make` writes, about a model with random weights and pairs from all over PAIRS.jsonl:
  legacy, correct   the truth for parity-check with both masks, in open_clip folders; updates with
                    the first only
  epoch_5.pt        a training checkpoint of open_clip's, half way through the updates
  pairs             the pictures as open_clip cuts them, for coca-shard
  whole.yaml, second-half.yaml    run files that make the updates here
`judge` compares what these runs, in folders of their names, and the model that came out of the
first, in `exported`, have to say.
"""

import json
import sys
import time
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file

from make_fixtures import ADAMW, OPEN_CLIP
from open_clip_reference import OpenCLIP, export, open_clip, randomize
from truth import Case, write

MODEL = "coca_ViT-B-32"
PAIRS, STEPS, CLIP = 8, 10, 1.0
SCHEDULE = {"peak": 5e-4, "warmup": 3}


def main():
    command, folder = sys.argv[1], Path(sys.argv[2])
    if command == "make":
        make(folder, Path(sys.argv[3]), "--quick" in sys.argv[4:])
    elif not judge(folder):
        sys.exit(1)


def make(folder, pictures, is_quick):
    configuration = configuration_of(is_quick)
    images, captions = batch(pictures, configuration["vision_cfg"]["image_size"], folder / "pairs")
    write_runs(folder)

    def reference(mask, dtype):
        made = OpenCLIP(configuration, mask)
        randomize(made.model)
        return made.to(dtype)

    def save(steps, reference, optimizer):
        if steps == STEPS // 2:
            torch.save({"epoch": steps, "name": "parity", "optimizer": optimizer.state_dict(),
                        "state_dict": reference.model.state_dict()}, folder / "epoch_5.pt")

    for mask, steps in (("legacy", STEPS), ("correct", 0)):
        start = time.monotonic()
        export(reference(mask, torch.float32), folder / mask)
        case = Case(images=images, captions=captions, steps=steps, clip=CLIP, schedule=SCHEDULE,
                    optimizer=ADAMW | {"decay": "openclip"})
        write(lambda dtype: reference(mask, dtype), case, folder / mask,
              {"about": f"{'a small model' if is_quick else MODEL}, {mask} mask",
               "cls_mask": mask}, stepped=save)
        print(f"open_clip in float64 and float32, {mask} mask, {steps} updates: "
              f"{time.monotonic() - start:.0f} s", flush=True)


def configuration_of(is_quick):
    full = open_clip.get_model_config(MODEL)
    if not is_quick:
        return full
    small = json.loads(json.dumps(OPEN_CLIP["split-pooler"]["configuration"]))
    for part in ("text_cfg", "multimodal_cfg"):
        small[part]["context_length"] = full["text_cfg"]["context_length"]
    small["text_cfg"]["vocab_size"] = full["text_cfg"]["vocab_size"]
    small["vision_cfg"] |= {"image_size": 64, "patch_size": 7}
    return small


def batch(path, size, to):
    """Pictures and captions as open_clip prepares them for evaluation; the pictures are kept."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows = rows[::len(rows) // PAIRS][:PAIRS]
    transform = open_clip.image_transform(
        size, is_train=False, mean=open_clip.OPENAI_DATASET_MEAN,
        std=open_clip.OPENAI_DATASET_STD)
    resize, crop, convert, *numbers = transform.transforms
    to.mkdir(parents=True, exist_ok=True)
    images, lines = [], []
    for number, row in enumerate(rows):
        picture = convert(crop(resize(Image.open(path.parent / row["file"]))))
        picture.save(to / f"{number}.png")
        lines.append(json.dumps({"file": f"{number}.png", "caption": row["caption"]}) + "\n")
        for step in numbers:
            picture = step(picture)
        images.append(picture)
    (to / "pairs.jsonl").write_text("".join(lines))
    tokenizer = open_clip.get_tokenizer(MODEL)
    padded = tokenizer([row["caption"] for row in rows]).tolist()
    return torch.stack(images), [ids[:ids.index(tokenizer.eot_token_id) + 1] for ids in padded]


def write_runs(folder):
    settings = {
        "data": [{"records": "records"}], "batch": PAIRS, "lanes": PAIRS, "steps": STEPS,
        "optimizer": {"name": "adamw", "lr": SCHEDULE["peak"], "clip": CLIP, "decay": "openclip",
                      **{key: ADAMW[key]
                         for key in ("beta1", "beta2", "epsilon", "weight_decay")}},
        "schedule": {"warmup": SCHEDULE["warmup"], "decay": "cosine"}, "augment": None,
        "checkpoint": {"every": STEPS, "keep": 1},
        "validation": {"every": STEPS, "sets": [
            {"name": "pairs", "records": "records", "task": "loss"}]}}
    # What is JSON is YAML.
    for name, start in (("whole", {"init": "imported"}), ("second-half", {"init": "imported"})):
        (folder / f"{name}.yaml").write_text(json.dumps(start | settings, indent=1) + "\n")


def judge(folder):
    description = json.loads((folder / "legacy/case.json").read_text())
    truth = load_file(folder / "legacy/case.safetensors")
    passes = True

    def compare(name, ours, expected, own):
        nonlocal passes
        ours, expected = (torch.tensor(x, dtype=torch.float64) for x in (ours, expected))
        error = ((ours - expected).norm() / expected.norm()).item()
        allowed = max(2e-6, 16 * own)
        passes = passes and error <= allowed
        print(f" {error:7.1e}  {own:7.1e}  {allowed:7.1e}{' ' if error <= allowed else '!'} {name}")

    print("    ours      own  allowed")
    for run, first in (("whole", 0), ("second-half", STEPS // 2)):
        lines = [json.loads(line) for line in (folder / run / "metrics.jsonl").open()]
        for name, key in (("contrastive", "contrastive"), ("caption", "caption"),
                          ("norm", "grad_norm")):
            compare(f"{name}, steps {first + 1} to {STEPS}, coca-train {run}",
                    [line[key] for line in lines], truth[f"steps/{name}"][first:].tolist(),
                    description["errors"][f"steps/{name}"])
    last = json.loads((folder / "whole/validation.jsonl").read_text().splitlines()[-1])
    model = open_clip.create_model(f"local-dir:{folder / 'exported'}")  # strict
    # The parts of a model that came back are as those that went.
    reference = OpenCLIP(json.loads((folder / "exported/open_clip_config.json").read_text())
                         ["model_cfg"], description["cls_mask"])
    reference.model.load_state_dict(model.state_dict(), strict=True)
    losses = {}
    for dtype in (torch.float64, torch.float32):
        with torch.no_grad():
            _, losses[dtype] = reference.to(dtype).losses(
                truth["images"].to(dtype), description["captions"], 1.0, 1.0)
    for name, exact in losses[torch.float64].items():
        compare(f"{name}, the exported model in open_clip", [last[name]], [exact.item()],
                abs(losses[torch.float32][name].item() / exact.item() - 1))
    return passes


if __name__ == "__main__":
    main()

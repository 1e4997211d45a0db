"""The truth about a full model on real pictures and captions, for launch/parity.

usage: python live.py FOLDER PAIRS.jsonl [--quick]

Makes FOLDER/legacy (with updates) and FOLDER/correct (without): an open_clip folder each, with
random weights, and the truth about it. With --quick the model is small.
"""

import json
import sys
import time
from pathlib import Path

import torch
from PIL import Image

from make_fixtures import ADAMW, OPEN_CLIP, SCHEDULE
from open_clip_reference import OpenCLIP, export, open_clip, randomize
from truth import Case, write

MODEL = "coca_ViT-B-32"
PAIRS, STEPS = 8, 10


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


def batch(path, size):
    """Pictures from all over the file as open_clip prepares them, captions as it cuts them."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows = rows[::len(rows) // PAIRS][:PAIRS]
    transform = open_clip.image_transform(
        size, is_train=False, mean=open_clip.OPENAI_DATASET_MEAN,
        std=open_clip.OPENAI_DATASET_STD)
    images = torch.stack([transform(Image.open(path.parent / row["file"])) for row in rows])
    tokenizer = open_clip.get_tokenizer(MODEL)
    padded = tokenizer([row["caption"] for row in rows]).tolist()
    return images, [ids[:ids.index(tokenizer.eot_token_id) + 1] for ids in padded]


def make(configuration, mask, dtype):
    reference = OpenCLIP(configuration, mask)
    randomize(reference.model)
    return reference.to(dtype)


def main():
    folder, pictures = Path(sys.argv[1]), Path(sys.argv[2])
    configuration = configuration_of("--quick" in sys.argv[3:])
    images, captions = batch(pictures, configuration["vision_cfg"]["image_size"])
    for mask, steps in (("legacy", STEPS), ("correct", 0)):
        start = time.monotonic()
        export(make(configuration, mask, torch.float32), folder / mask)
        case = Case(images=images, captions=captions, steps=steps, clip=1.0, schedule=SCHEDULE,
                    optimizer=ADAMW | {"decay": "openclip"})
        write(lambda dtype: make(configuration, mask, dtype), case, folder / mask,
              {"about": f"{MODEL}, {mask} mask", "layout": "openclip", "cls_mask": mask})
        print(f"{folder / mask}: open_clip in float64 and float32, {steps} updates, "
              f"{time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()

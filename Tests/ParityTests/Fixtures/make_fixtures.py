"""Makes the folders beside this file: small truths for Tests/ParityTests.

usage: python make_fixtures.py [NAME…]

With the packages of requirements.txt. What a case covers stands in its `about`.
"""

import copy
import json
import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from open_clip_reference import OpenCLIP, draw, export, greedy, randomize
from paper_reference import Paper, random_weights
from truth import Case, compute, rounded, write

HERE = Path(__file__).resolve().parent
VOCABULARY, CONTEXT = 97, 9
START, END = 95, 96
# Ragged: the context filled, the shortest possible, ids 0 inside, which open_clip takes for pads.
CAPTIONS = [
    [START, 5, 17, END], [START, 3, 88, 41, 17, 17, 60, 2, END], [START, END],
    [START, 21, 0, 9, 33, END], [START, 0, 0, 71, 5, 64, END]]
ADAMW = {"name": "adamw", "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-6, "weight_decay": 0.2}
ADAFACTOR = {"name": "adafactor", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-30,
             "weight_decay": 0.01}
SCHEDULE = {"peak": 2e-3, "warmup": 3}


def open_clip_configuration(embed, vision, text, decoder, layers=2, **top):
    return {
        "embed_dim": embed, "custom_text": True, **top,
        "vision_cfg": {"layers": layers, "output_tokens": True, **vision},
        "text_cfg": {
            "context_length": CONTEXT, "vocab_size": VOCABULARY, "layers": layers,
            "embed_cls": True, "output_tokens": True, **text},
        "multimodal_cfg": {
            "context_length": CONTEXT, "layers": layers, "width": text["width"], **decoder}}


SMALL = open_clip_configuration(
    6,
    dict(image_size=8, patch_size=4, width=8, head_width=4, mlp_ratio=1.5, attentional_pool=True,
         attn_pooler_queries=3, attn_pooler_heads=2),
    dict(width=6, heads=2, mlp_ratio=1.5), dict(heads=3), layers=1)

OPEN_CLIP = {
    "split-pooler": dict(
        about="pooler narrower than the tower, legacy mask, odd patches that leave pixels over, "
              "clipping, logit scale held at 1",
        cls_mask="legacy", scale=0.0005, size=(16, 16), case=dict(steps=10, clip=1.0),
        configuration=open_clip_configuration(
            12,
            dict(image_size=16, patch_size=5, width=24, head_width=8, mlp_ratio=2.0,
                 attentional_pool=True, attn_pooler_queries=5, attn_pooler_heads=2),
            dict(width=12, heads=3, mlp_ratio=2.0), dict(heads=3))),
    "wide-pooler": dict(
        about="pooler as wide as the tower, correct mask, oblong image and patches, QuickGELU, "
              "LayerScale, fractional MLP ratios, no ln_pre, fewer layers in the decoder than in "
              "the text tower, no clipping",
        cls_mask="correct", scale=math.log(1 / 0.07), size=(11, 8), case=dict(steps=10),
        configuration=open_clip_configuration(
            9,
            dict(image_size=[11, 8], patch_size=[5, 3], width=9, head_width=3, mlp_ratio=2.6,
                 attentional_pool=True, attn_pooler_queries=4, attn_pooler_heads=3,
                 ls_init_value=0.1, no_ln_pre=True),
            dict(width=9, heads=1, mlp_ratio=1.7, ls_init_value=0.1),
            dict(heads=3, layers=1, ls_init_value=0.1), quick_gelu=True)),
    "no-pooler": dict(
        about="class token and patches go on as they are, a decoder with heads of its own, other "
              "weights of the losses, a model that has learned its pairs",
        cls_mask="legacy", scale=3.4, size=(10, 10), lessons=12,
        case=dict(contrastive=0.5, caption=3.0),
        configuration=open_clip_configuration(
            10, dict(image_size=10, patch_size=3, width=12, head_width=6, mlp_ratio=3.0),
            dict(width=12, heads=3, mlp_ratio=2.0), dict(heads=6), layers=1)),
    "contrastive-only": dict(
        about="CLIP's loss alone on CoCa's towers, a pooler of which only the first token is read",
        cls_mask="legacy", scale=math.log(1 / 0.07), size=(8, 8),
        case=dict(caption=0.0, steps=10, clip=1.0), configuration=SMALL),
    "caption-only": dict(
        about="the captioning loss alone, a pooler whose first token is not read",
        cls_mask="correct", scale=math.log(1 / 0.07), size=(8, 8),
        case=dict(contrastive=0.0), configuration=SMALL),
}


def paper(poolers, width, layers):
    return {
        "layout": "paper", "joint": 7, "poolers": poolers,
        "image": {"size": 14, "patch": 4, "width": width, "heads": 4, "layers": layers,
                  "mlp": width + 1, "queries": 3, "fit": "crop", "interpolation": "bicubic",
                  "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
        "text": {"context": CONTEXT, "vocabulary": VOCABULARY, "width": 10, "heads": 2,
                 "layers": layers, "mlp": 15},
        "multimodal": {"layers": layers, "heads": 5, "mlp": 13}}


def classes(loss):
    return {"names": [["a"], ["b"], ["c"], ["d"], ["e"]], "labels": "labels", "loss": loss}


PAPER = {
    "paper-cascade": dict(
        about="10 updates of AdamW that decays matrices only, no clipping",
        scale=math.log(1 / 0.07), case=dict(steps=10, optimizer=ADAMW),
        configuration=paper("cascade", width=12, layers=2)),
    "paper-parallel": dict(
        about="both poolers read the patches", scale=0.5, case=dict(),
        configuration=paper("parallel", width=8, layers=1)),
    "paper-none": dict(
        about="10 updates of Adafactor, factored and not, clipping, logit scale held at 100",
        scale=4.7, case=dict(steps=10, clip=1.0, optimizer=ADAFACTOR),
        configuration=paper("none", width=32, layers=1)),
    "paper-prefix": dict(
        about="a prefix in each text, from the start token alone to all ids but the last, and a "
              "smoothed captioning loss",
        scale=math.log(1 / 0.07), case=dict(), prefixes=[2, 8, 1, 3, 1], smoothing=0.1,
        configuration=paper("cascade", width=8, layers=1)),
    "paper-two-pass": dict(
        about="two passes over each text: one through both halves without the image, in which ids "
              "see each other, for the embedding; one causal",
        scale=math.log(1 / 0.07), case=dict(),
        configuration=paper("cascade", width=8, layers=1) | {"text_passes": "two"}),
    "paper-softmax": dict(
        about="classes of images, one of them with several, by softmax",
        scale=0.0, case=dict(contrastive=0.0, caption=0.0), classes=[[0], [3], [1, 4], [2], [3]],
        configuration=paper("cascade", width=8, layers=1) | {"classes": classes("softmax")}),
    "paper-sigmoid": dict(
        about="classes of images, any number, by sigmoid",
        scale=0.0, case=dict(contrastive=0.0, caption=0.0), classes=[[0], [3], [1, 4], [2], [3]],
        configuration=paper("cascade", width=8, layers=1) | {"classes": classes("sigmoid")}),
}


def make_open_clip(name, about, configuration, cls_mask, scale, size, case, lessons=0):
    reference = OpenCLIP(configuration, cls_mask)
    randomize(reference.model)
    images = draw(f"{name} images", (len(CAPTIONS), 3, *size))
    if lessons:
        teach(reference, images, lessons)
    with torch.no_grad():
        reference.model.logit_scale.fill_(scale)
    folder = HERE / name
    export(reference, folder)
    case = Case(images=images, captions=CAPTIONS, optimizer=ADAMW | {"decay": "openclip"},
                schedule=SCHEDULE, **case)
    truth, errors = write(
        lambda dtype: copy.deepcopy(reference).to(dtype), case, folder,
        {"about": about, "cls_mask": cls_mask,
         "greedy": greedy_captions(reference, case.images) if case.caption else None},
        wrong(reference, case) if name == "split-pooler" else None)
    report(folder, truth, errors)


def make_paper(name, about, configuration, scale, case, prefixes=None, smoothing=0.0,
               classes=None):
    weights = random_weights(configuration, draw)
    weights["logitScale"].fill_(scale)
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    save_file(weights, folder / "model.safetensors")
    (folder / "configuration.json").write_text(json.dumps(configuration, indent=1) + "\n")
    case = Case(images=draw(f"{name} images", (len(CAPTIONS), 3, 14, 14)), captions=CAPTIONS,
                schedule=SCHEDULE, **case)
    case.optimizer = case.optimizer and case.optimizer | {"decay": "matrices"}
    truth, errors = write(
        lambda dtype: Paper(configuration, weights, prefixes, smoothing, classes).to(dtype), case,
        folder,
        {"about": about} | ({"prefixes": prefixes, "smoothing": smoothing} if prefixes else {})
        | ({"classes": classes} if classes else {}))
    report(folder, truth, errors)


def teach(reference, images, lessons):
    """Some updates, so that some logits stand far above the others."""
    case = Case(images=images, captions=CAPTIONS, steps=lessons, optimizer=ADAMW,
                schedule={"peak": 2e-2, "warmup": 10})
    compute(reference.double(), case, lambda name, tensor: None)
    reference.float()


def greedy_captions(reference, images):
    """Captions of open_clip's `generate`; the end is an id that some come to, and some do not."""
    model = copy.deepcopy(reference.model).double().eval()

    def captions(end):
        return greedy(model, images.double(), START, end, CONTEXT)

    free = captions(VOCABULARY)  # which is no id: all go on to the limit
    assert not any(0 in row for row in free), "open_clip takes an id 0 for the end"
    end = next(end for end in free[0][3:] if len(set(map(len, captions(end)))) > 1)
    return {"start": START, "end": end, "limit": CONTEXT, "captions": captions(end)}


def wrong(reference, case):
    """Outputs with mistakes that must not pass: the tests show that the rule rejects them."""
    once = copy.copy(case)
    once.steps = 0
    tensors = {}
    for mistake, make in (("layer-norm-epsilon", other_epsilon), ("tanh-gelu", tanh_gelu)):
        mistaken = copy.deepcopy(reference).double()
        mistaken.model.apply(make)

        def keep(name, tensor):
            if not name.startswith("gradient/"):
                tensors[f"wrong/{mistake}/{name}"] = rounded(tensor)

        compute(mistaken, once, keep)
    return tensors


def other_epsilon(module):
    if isinstance(module, torch.nn.LayerNorm):
        module.eps = 1e-6


def tanh_gelu(module):
    if isinstance(module, torch.nn.GELU):
        module.approximate = "tanh"


def report(folder, truth, errors):
    size = sum(file.stat().st_size for file in folder.iterdir())
    worst = sorted(errors.items(), key=lambda item: -item[1])[:4]
    print(f"{folder.name}: {size:,} bytes; float32 is off by", worst)


def main():
    torch.set_num_threads(1)
    names = sys.argv[1:] or [*OPEN_CLIP, *PAPER]
    for name in names:
        if name in OPEN_CLIP:
            make_open_clip(name, **OPEN_CLIP[name])
        else:
            make_paper(name, **PAPER[name])


if __name__ == "__main__":
    main()

"""Writes the fixtures of DecodingTests, from Hugging Face's code on tabled scores in float64.

    python make_decoding.py beams      decoding.json, with transformers 5.24.0
    python make_decoding.py groups     groups.json, with transformers 4.57.1

Both need torch. The table is a formula, which the tests have too: `score`.
"""
import json
import pathlib
import random
import sys

import torch

# PyPI's torchvision is built for CUDA and lacks two operators elsewhere; nothing here calls them.
OPERATORS = torch.library.Library("torchvision", "FRAGMENT")
for name in ("nms", "qnms"):
    OPERATORS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import transformers  # noqa: E402
from transformers import (  # noqa: E402
    GenerationConfig, GenerationMixin, PretrainedConfig, PreTrainedModel)
from transformers.generation import logits_process, utils  # noqa: E402
from transformers.modeling_outputs import CausalLMOutput  # noqa: E402

VOCABULARY, START, END, IMAGES, MASK = 17, 2, 3, 3, (1 << 64) - 1
FOLDER = pathlib.Path(__file__).parent


def mix(state):
    """splitmix64."""
    state = (state + 0x9E3779B97F4A7C15) & MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
    return state ^ (state >> 31)


def scores(image, ids):
    """The logits of every id that can follow."""
    state = mix(image)
    for id in ids:
        state = mix(state ^ id)
    return [((mix(state ^ (1000 + id)) >> 11) * 2.0**-53 - 0.5) * 8 + (id == END)
            for id in range(VOCABULARY)]


class Tabled(PreTrainedModel, GenerationMixin):
    config_class = PretrainedConfig

    def __init__(self):
        super().__init__(PretrainedConfig(vocab_size=VOCABULARY))
        self.anything = torch.nn.Parameter(torch.zeros(1))

    def forward(self, input_ids, **_):
        rows = input_ids.tolist()
        table = [scores(number * IMAGES // len(rows), row) for number, row in enumerate(rows)]
        return CausalLMOutput(logits=torch.tensor(table, dtype=torch.float64)[:, None])


class InDoublePrecision:
    """torch, as `generate` sees it: what it makes in float32 it makes in float64."""
    float = float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


def without_end(row):
    """A row without its padding: ids up to the first end after the prompt."""
    return row[:row.index(END) + 1] if END in row else row


def search(model, case):
    beams = case["beams"]
    prompt = torch.tensor([case["prompt"]] * IMAGES)
    config = GenerationConfig(
        num_beams=beams, num_return_sequences=beams, do_sample=False, use_cache=False,
        early_stopping={"true": True, "false": False}.get(case["stopping"], case["stopping"]),
        length_penalty=case["length_penalty"], repetition_penalty=case["repetition_penalty"],
        no_repeat_ngram_size=case["no_repeat"], min_new_tokens=case["minimum"],
        max_new_tokens=case["maximum"], eos_token_id=END, pad_token_id=END, bos_token_id=START,
        return_dict_in_generate=True, output_scores=True)
    found = model.generate(
        prompt, attention_mask=torch.ones_like(prompt), generation_config=config)
    rows = [without_end(row) for row in found.sequences.tolist()]
    ranks = found.sequences_scores.tolist() if beams > 1 else [None] * len(rows)
    pairs = [{"ids": row, "score": rank} for row, rank in zip(rows, ranks)]
    return [pairs[i * beams:(i + 1) * beams] for i in range(IMAGES)]


def cases():
    """Every way to stop with every length penalty and number of beams; the others drawn."""
    draw = random.Random(7)
    for beams in range(1, 7):
        for penalty in (0.0, 1.0, 2.0):
            for stopping in ("false", "true", "never") if beams > 1 else ("false",):
                minimum = draw.choice([0, 0, 1, 4])
                yield {
                    "beams": beams, "length_penalty": penalty, "stopping": stopping,
                    "repetition_penalty": draw.choice([1.0, 1.0, 1.3, 0.8]),
                    "no_repeat": draw.choice([0, 0, 1, 2, 3]), "minimum": minimum,
                    "maximum": max(minimum, draw.choice([1, 4, 7, 10, 10])),
                    "prompt": draw.choice([[START], [START, 5], [START, 7, 7, 9]])}


def filters():
    """What sampling leaves of some scores."""
    draw = random.Random(8)
    for number in range(40):
        case = {"image": number, "temperature": draw.choice([1.0, 0.5, 1.7]),
                "top_k": draw.choice([None, 1, 3, 8, 100]),
                "top_p": draw.choice([None, 1.0, 0.3, 0.6, 0.95]),
                "min_p": draw.choice([None, 0.0, 0.05, 0.3])}
        left = torch.tensor([scores(number, [START])], dtype=torch.float64)
        # In the order of _get_logits_processor.
        for name, maker in (("temperature", logits_process.TemperatureLogitsWarper),
                            ("top_k", logits_process.TopKLogitsWarper),
                            ("top_p", logits_process.TopPLogitsWarper),
                            ("min_p", logits_process.MinPLogitsWarper)):
            if case[name] is not None:
                left = maker(case[name])(None, left)
        yield case | {"probabilities": left.softmax(-1)[0].tolist()}


def groups():
    """Searches by groups with transformers' diversity, each group a search of its own."""
    draw = random.Random(9)
    for beams, count in ((2, 2), (4, 2), (6, 2), (6, 3), (6, 6), (8, 4)):
        for penalty in (0.3, 1.5):
            case = {"beams": beams, "groups": count, "diversity_penalty": penalty,
                    "length_penalty": draw.choice([0.0, 1.0]), "prompt": [START, 5],
                    "maximum": draw.choice([5, 8])}
            yield case | {"images": [grouped(image, case) for image in range(IMAGES)]}


def grouped(image, case):
    beams, size = case["beams"], case["beams"] // case["groups"]
    alpha, length = case["length_penalty"], len(case["prompt"])
    processor = logits_process.HammingDiversityLogitsProcessor(
        diversity_penalty=case["diversity_penalty"], num_beams=beams,
        num_beam_groups=case["groups"])
    running = [[(0.0, case["prompt"])] for _ in range(case["groups"])]
    finished = [[] for _ in running]
    for new in range(1, case["maximum"] + 1):
        current = []
        for group, texts in enumerate(running):
            if not texts:
                continue
            rows = torch.tensor([scores(image, ids) for _, ids in texts], dtype=torch.float64)
            rows = rows.log_softmax(-1)
            if current:
                # It asks for the ids of all beams of an image, of which it reads those before.
                padded = rows.repeat(size, 1)[:size] if len(texts) < size else rows
                processor._num_sub_beams = size
                before = torch.tensor(current + [0] * (beams - len(current)))
                padded = processor(None, padded, before, len(current) // size)
                rows = padded[:len(texts)]
            sums = rows + torch.tensor([score for score, _ in texts], dtype=torch.float64)[:, None]
            best, places = sums.flatten().topk(min(2 * size, sums.numel()))
            following, chosen = [], []
            for rank, (score, place) in enumerate(zip(best.tolist(), places.tolist())):
                ids = texts[place // VOCABULARY][1] + [place % VOCABULARY]
                if ids[-1] != END and len(chosen) < size:
                    chosen.append(ids[-1])
                if ids[-1] == END or new == case["maximum"]:
                    if rank < size:
                        finished[group].append((score / new**alpha, ids))
                elif len(following) < size:
                    following.append((score, ids))
            finished[group] = sorted(finished[group], key=lambda text: -text[0])[:size]
            current += chosen
            full = len(finished[group]) == size
            over = full and following and following[0][0] / new**alpha <= finished[group][-1][0]
            running[group] = [] if over else following
    return [{"ids": ids, "score": score}
            for score, ids in sorted(sum(finished, []), key=lambda text: -text[0])]


def main(kind):
    expected = {"beams": "5.24.0", "groups": "4.57.1"}[kind]
    if transformers.__version__ != expected:
        sys.exit(f"transformers is {transformers.__version__}, not {expected}")
    if kind == "groups":
        torch.set_default_dtype(torch.float64)  # else the penalty is rounded to float32
        fixture = {"groups": list(groups())}
    else:
        utils.torch = InDoublePrecision()
        model = Tabled().eval()
        fixture = {"searches": [case | {"images": search(model, case)} for case in cases()],
                   "filters": list(filters())}
    name = {"beams": "decoding.json", "groups": "groups.json"}[kind]
    target = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else FOLDER) / name
    target.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")


main(sys.argv[1])

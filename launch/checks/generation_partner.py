"""Captions of an exported module by transformers' `generate`: JOB.

Prints, for each case of the job, a list of ids and score for each caption, picture by picture.
"""
import importlib.util
import json
import pathlib
import sys

import torch

# PyPI's torchvision is built for CUDA and lacks two operators elsewhere; nothing here calls them.
OPERATORS = torch.library.Library("torchvision", "FRAGMENT")
for name in ("nms", "qnms"):
    OPERATORS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from PIL import Image  # noqa: E402
from transformers import (  # noqa: E402
    GenerationConfig, GenerationMixin, PretrainedConfig, PreTrainedModel)
from transformers.modeling_outputs import CausalLMOutput  # noqa: E402


class Captioner(PreTrainedModel, GenerationMixin):
    """The module as a model that continues texts, each beside its picture."""
    config_class = PretrainedConfig

    def __init__(self, module, pictures):
        super().__init__(PretrainedConfig(vocab_size=len(module.vocabularyProjection)))
        self.module = module
        self.tokens = module.image_tokens(pictures)[0]

    def forward(self, input_ids, **_):
        beams = len(input_ids) // len(self.tokens)
        logits = self.module.logits(input_ids, self.tokens.repeat_interleave(beams, 0))
        return CausalLMOutput(logits=logits)


def load(folder):
    spec = importlib.util.spec_from_file_location("coca", pathlib.Path(folder) / "coca.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CoCa.from_pretrained(folder)


def without_padding(row, start, end):
    new = row[start:]
    return row[:start] + (new[:new.index(end) + 1] if end in new else new)


def mean_log_probability(model, ids, tokens, start):
    logits = model.module.logits(torch.tensor([ids]), tokens[None])[0].log_softmax(-1)
    chosen = [logits[place - 1, ids[place]].item() for place in range(start, len(ids))]
    return sum(chosen) / len(chosen)


def answer(model, case, prompt):
    module, count = model.module, len(model.tokens)
    beams, end = case.get("num_beams", 1), module.tokenizer.end
    ids = torch.tensor([prompt] * count)
    room = {} if "max_new_tokens" in case else {"max_new_tokens": module.context - len(prompt)}
    config = GenerationConfig(
        do_sample=False, use_cache=False, num_return_sequences=beams, eos_token_id=end,
        pad_token_id=end, bos_token_id=prompt[0], return_dict_in_generate=True, output_scores=True,
        **case, **room)
    found = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config)
    rows = [without_padding(row, len(prompt), end) for row in found.sequences.tolist()]
    if beams > 1:
        return list(zip(rows, found.sequences_scores.tolist()))
    return [(row, mean_log_probability(model, row, tokens, len(prompt)))
            for row, tokens in zip(rows, model.tokens)]


def main(job):
    job = json.loads(pathlib.Path(job).read_text())
    module = load(job["model"]).eval()
    seen = torch.stack([module.preprocess(Image.open(file)) for file in job["files"]])
    with torch.no_grad():
        model = Captioner(module.double(), seen.double()).eval()
        prompt = [module.tokenizer.start, *module.tokenizer.encode(job["prompt"])]
        print(json.dumps([answer(model, case, prompt) for case in job["cases"]]))


main(sys.argv[1])

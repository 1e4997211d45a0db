"""Makes the files beside it: names and shapes of open_clip's state dicts, resized positions.

Run by developers only, with torch 2.13.0 and open_clip_torch 3.3.0:  python make_fixtures.py
"""

import copy
import json
import pathlib
import types

import torch

library = torch.library.Library("torchvision", "DEF")
for operator in ("nms", "qnms"):
    library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import open_clip.coca_model
import open_clip.model

HERE = pathlib.Path(__file__).parent

SPLIT_POOLER = {
    "embed_dim": 24,
    "quick_gelu": True,
    "custom_text": True,
    "vision_cfg": {
        "image_size": [24, 20], "patch_size": [6, 4], "width": 30, "head_width": 10, "layers": 2,
        "mlp_ratio": 2.7, "ls_init_value": 0.1, "no_ln_pre": True, "attentional_pool": True,
        "attn_pooler_queries": 5, "attn_pooler_heads": 3, "output_tokens": True,
    },
    "text_cfg": {
        "context_length": 11, "vocab_size": 97, "width": 24, "heads": 3, "layers": 2,
        "mlp_ratio": 3.3, "ls_init_value": 0.2, "embed_cls": True, "output_tokens": True,
    },
    "multimodal_cfg": {
        "context_length": 11, "vocab_size": 97, "width": 24, "heads": 4, "layers": 3,
        "ls_init_value": 0.3, "mlp_ratio": 2, "dim_head": 6, "n_queries": 7,
    },
}


def fused_pooler():
    config = copy.deepcopy(SPLIT_POOLER)
    del config["quick_gelu"]
    config["vision_cfg"].update(width=24, head_width=8, ls_init_value=None, no_ln_pre=False)
    config["text_cfg"].update(ls_init_value=None, layers=1)
    config["multimodal_cfg"].update(ls_init_value=None, layers=1)
    return config


def no_pooler():
    config = fused_pooler()
    config["embed_dim"] = 16
    for key in ("attentional_pool", "attn_pooler_queries", "attn_pooler_heads"):
        del config["vision_cfg"][key]
    return config


def build(config):
    arguments = {key: value for key, value in config.items() if key != "custom_text"}
    return open_clip.coca_model.CoCa(**copy.deepcopy(arguments))


def state_dicts():
    result = []
    for config in (SPLIT_POOLER, fused_pooler(), no_pooler()):
        model = build(config)
        state = model.state_dict()
        assert list(state) == [name for name, _ in model.named_parameters()]
        tensors = [[name, list(tensor.shape)] for name, tensor in state.items()]
        result.append({"model_cfg": config, "tensors": tensors})
    (HERE / "state_dicts.json").write_text(json.dumps(result) + "\n")


def positions():
    """What open_clip makes of tables of positions on loading, in double precision."""
    torch.manual_seed(2)
    grid, line = torch.randn(17, 2), torch.randn(12, 2)
    result = {"grid": grid.tolist(), "line": line.tolist(), "grids": [], "lines": []}
    for size in ((6, 11), (2, 2), (4, 7), (3, 5), (1, 1)):
        state = {"visual.positional_embedding": grid.double()}
        visual = types.SimpleNamespace(grid_size=size)
        open_clip.model.resize_pos_embed(state, types.SimpleNamespace(visual=visual))
        (values,) = state.values()
        result["grids"].append({"size": size, "values": values.flatten().tolist()})
    for rows in (5, 11, 13, 30, 1):
        state = {"text.positional_embedding": line.double()}
        text = types.SimpleNamespace(positional_embedding=torch.empty(rows, 2))
        open_clip.model.resize_text_pos_embed(state, types.SimpleNamespace(text=text))
        (values,) = state.values()
        result["lines"].append({"rows": rows, "values": values.flatten().tolist()})
    (HERE / "positions.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    state_dicts()
    positions()

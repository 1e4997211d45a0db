"""Makes the files of torch.save beside it. Run by developers only, with torch 2.13.0."""

import collections
import pathlib

import torch

HERE = pathlib.Path(__file__).parent


def torch_files():
    base = torch.arange(6, dtype=torch.float32).reshape(2, 3) - 2.5
    state = collections.OrderedDict()
    state["float"] = base
    state["half"] = base.half()
    state["brain"] = base.bfloat16()
    state["double"] = base.double() / 3
    state["scalar"] = torch.tensor(0.25)
    state["transposed"] = base.t()
    state["column"] = base[:, 1]
    state["shared"] = base[1]
    state["channels_last"] = torch.arange(24.0).reshape(1, 2, 3, 4).contiguous(
        memory_format=torch.channels_last)
    state["parameter"] = torch.nn.Parameter(torch.full((1,), 7.0))
    state["empty"] = torch.empty(0, 3)
    torch.save(state, HERE / "tensors.pt")
    torch.save(state, HERE / "tensors-protocol-4.pt", pickle_protocol=4)
    torch.save({"a": base}, HERE / "before-1.6.pt", _use_new_zipfile_serialization=False)


def training_checkpoint():
    """A model of two tensors after one step of AdamW, saved as open_clip's main.py saves."""
    torch.manual_seed(1)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(
        [{"params": [model.bias], "weight_decay": 0.0},
         {"params": [model.weight], "weight_decay": 0.2}],
        lr=5e-4, betas=(0.9, 0.98), eps=1e-6)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    torch.save(
        {
            "epoch": 1, "name": "fixture",
            "state_dict": {f"module.{key}": value for key, value in model.state_dict().items()},
            "optimizer": optimizer.state_dict(),
        }, HERE / "epoch_1.pt")


if __name__ == "__main__":
    torch_files()
    training_checkpoint()

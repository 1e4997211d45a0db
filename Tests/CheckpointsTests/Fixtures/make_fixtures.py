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


if __name__ == "__main__":
    torch_files()

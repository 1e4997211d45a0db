"""open_clip, also where torchvision comes from PyPI."""
import functools


@functools.cache
def open_clip():
    import torch
    library = torch.library.Library("torchvision", "DEF")  # PyPI's torchvision is built for CUDA
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float threshold) -> Tensor")
    import open_clip
    open_clip.library = library
    return open_clip

"""torch's ``.pt``: a tensor or a dict of tensors, by the restricted unpickler that builds nothing else."""

from __future__ import annotations

import warnings

from .asked import Asked
from .errors import ReaderError
from .table import Table, array_table, choose_key


def read(path: str, asked: Asked) -> Table:
    """Read one tensor of a ``.pt`` file."""
    try:
        import torch
    except ImportError:
        raise ReaderError("needs torch; pip install 'slicednorm[torch]'") from None
    try:
        with warnings.catch_warnings(action="ignore"):  # torch's own, about its formats
            loaded = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # what its parsers raise on a damaged file is not documented
        reason = str(error).split("\n", 1)[0].split(". ", 1)[0]
        raise ReaderError(
            f"is not a .pt file of tensors alone ({type(error).__name__}: {reason}); nothing else is "
            "unpickled: save the tensor with torch.save(x, path)"
        ) from None
    if isinstance(loaded, dict):
        tensors = {str(name): value for name, value in loaded.items() if isinstance(value, torch.Tensor)}
        loaded = tensors[choose_key(list(tensors), asked.key, "tensor")]
    elif asked.key is not None:
        raise ReaderError("holds a single tensor without a name; leave out --key")
    if not isinstance(loaded, torch.Tensor):
        raise ReaderError(f"holds a {type(loaded).__name__}, not a tensor or a dict of tensors; save the tensor")
    if loaded.layout != torch.strided or loaded.is_quantized:
        raise ReaderError("holds a sparse or quantized tensor; save it dense: x.to_dense(), x.dequantize()")
    tensor = loaded.detach().resolve_conj().resolve_neg()
    if tensor.is_floating_point() and tensor.dtype.itemsize < 4:
        tensor = tensor.float()  # NumPy has no bfloat16
    return array_table(tensor.numpy(), asked)

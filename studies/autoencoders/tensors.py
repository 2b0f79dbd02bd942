"""Tensors in safetensors files: written whole with a digest, and checked when they are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from slicednorm._runtime.files import replacing

from .errors import StudyError

# Everything that is said of the tensors is in one key: safetensors writes several in an order of its own at each call,
# and equal files should have equal bytes.
_KEY = "slicednorm"
_DIGEST = "sha256"


class DamagedFileError(StudyError):
    """A file of tensors that is not as it was written."""


def _digest(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """Return the SHA-256 of everything a file says."""
    held = {name: text for name, text in metadata.items() if name != _DIGEST}
    total = hashlib.sha256(json.dumps(held, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.numpy())
    return total.hexdigest()


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors and what there is to say of them to a file, in one piece or not at all.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    held = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    signed = {**metadata, _DIGEST: _digest(held, metadata)}
    content = safetensors.torch.save(held, metadata={_KEY: json.dumps(signed, sort_keys=True)})
    with replacing(path) as temporary:
        temporary.write_bytes(content)  # safetensors' own writing has an error of its own for a full disk


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a file, on the CPU, and what it says of them.

    Raises
    ------
    DamagedFileError
        If the file is cut short, changed, or nothing that `write_tensors` wrote.
    StudyError
        If it cannot be read at all.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {}).get(_KEY, "{}"))
            # Copies: what is only mapped changes, or is gone, with the file.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file") from None
    except (safetensors.SafetensorError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else "not a safetensors file"
        raise DamagedFileError(f"{path}: cut short or damaged ({reason})") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror or error})") from None
    if _DIGEST not in metadata or metadata[_DIGEST] != _digest(tensors, metadata):
        raise DamagedFileError(f"{path}: damaged (what it holds does not match its digest)")
    return tensors, metadata


def load_into(module: torch.nn.Module, tensors: Mapping[str, Tensor], where: Path) -> None:
    """Give a module the weights of a file, or say in one line where the two differ in architecture."""
    expected = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    if expected != found:
        name = next(name for name in sorted({*expected, *found}) if expected.get(name) != found.get(name))
        there = f"{name} has shape {found[name]}" if name in found else f"it has no {name}"
        here = f"of shape {expected[name]}" if name in expected else "absent"
        raise StudyError(
            f"{where}: holds the weights of another architecture ({there}, which is {here} in this run's networks); "
            "it belongs to another run"
        )
    module.load_state_dict(dict(tensors))

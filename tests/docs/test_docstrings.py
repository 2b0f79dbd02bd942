"""The docstrings of public names are in numpydoc's form, and say everything that a caller may pass."""

import dataclasses
import importlib
import inspect
from types import FunctionType

import pytest

pytest.importorskip("numpydoc", reason="numpydoc is in the extra docs")

from numpydoc.docscrape import ClassDoc
from numpydoc.validate import ERROR_MSGS, validate

from slicednorm.stats import SignificanceResult

# Each with what it needs of the extras.
MODULES = {
    "slicednorm.stats": (),
    "slicednorm.distances": (),
    "slicednorm.directions": (),
    "slicednorm.monitor": (),
    "slicednorm.monitor.lightning": ("torch", "lightning"),
    "slicednorm.paper": (),
    "slicednorm.plots": ("matplotlib", "seaborn"),
    "slicednorm.torch": ("torch",),
    "slicednorm.torch.functional": ("torch",),
}
# An extended summary, related names and an example are there where they say more than the summary does; whether a
# summary may stand beside the opening quotes, as it does here, depends on numpydoc's version.
OPTIONAL = {"ES01", "SA01", "EX01", "GL01"}
CODES = set(ERROR_MSGS) - OPTIONAL
# What the result of a test says instead of listing again what all of them have.
COMMON = "The common attributes are those of `SignificanceResult`."


def public(name):
    """Return the public functions and classes of a module, and the methods of the classes, by their full names."""
    for extra in MODULES[name]:
        pytest.importorskip(extra, reason=f"{name} needs the extra with {extra}")
    module = importlib.import_module(name)
    own = [key for key, value in vars(module).items() if getattr(value, "__module__", None) == name and key[0] != "_"]
    found = {}
    for key in getattr(module, "__all__", own):
        item = getattr(module, key)
        if inspect.isfunction(item):
            found[f"{name}.{key}"] = item
        elif inspect.isclass(item):
            found[f"{name}.{key}"] = item
            mine = [base for base in item.__mro__ if base.__module__.startswith("slicednorm.")]
            members = {method: value for base in reversed(mine) for method, value in vars(base).items()}
            for method, value in members.items():
                if (method[0] != "_" or method == "__call__") and isinstance(value, property | FunctionType):
                    found[f"{name}.{key}.{method}"] = value
    return found


def documented(item):
    """Return the attributes that a class documents: name, type and description."""
    return [
        (name, entry.type, " ".join(entry.desc))
        for entry in ClassDoc(item, config={"show_class_members": False})["Attributes"]
        for name in entry.name.split(", ")
    ]


def held(item):
    """Return the names of a dataclass's fields, and of its properties."""
    fields = {field.name for field in dataclasses.fields(item)}
    return fields, {key for key, value in inspect.getmembers(item) if isinstance(value, property)}


@pytest.mark.parametrize("module", MODULES)
def test_numpydoc_finds_nothing(module):
    found = public(module)
    assert found
    faults = []
    for name, item in found.items():
        # The fields of a dataclass are documented as its attributes.
        codes = CODES - {"PR01"} if dataclasses.is_dataclass(item) else CODES
        faults += [f"{name}: {code} {text}" for code, text in validate(name)["errors"] if code in codes]
    assert faults == []


@pytest.mark.parametrize("module", MODULES)
def test_attributes_are_those_of_the_class(module):
    """numpydoc does not look at them."""
    for name, item in public(module).items():
        if not inspect.isclass(item):
            continue
        attributes = documented(item)
        for attribute, kind, text in attributes:
            assert kind, f"{name}.{attribute} has no type"
            assert text[:1].upper() == text[:1], f"{name}.{attribute}: {text}"
            assert text.endswith("."), f"{name}.{attribute}: {text}"
        if dataclasses.is_dataclass(item):
            fields, properties = held(item)
            names = [attribute for attribute, *_ in attributes]
            assert len(names) == len(set(names)), name
            # What a result inherits need not be listed again where the class refers to the common ones.
            common = set()
            if item is not SignificanceResult and issubclass(item, SignificanceResult):
                assert COMMON in item.__doc__, name
                common = held(SignificanceResult)[0]
            assert fields - common <= set(names) <= fields | properties, name

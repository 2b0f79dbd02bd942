"""The arguments of the registered operation by name."""

import inspect

import pytest

torch = pytest.importorskip("torch", reason="torch is an extra")

from slicednorm.torch import SlicedNormalityLoss  # noqa: E402
from slicednorm.torch._sliced.operation import Arguments  # noqa: E402
from slicednorm.torch._sliced.settings import Settings  # noqa: E402
from slicednorm.torch.functional import sliced_distance  # noqa: E402


def test_arguments_are_those_of_the_schema():
    schema = torch.ops.slicednorm.sliced_distance.default._schema
    assert [argument.name for argument in schema.arguments] == list(Arguments._fields)


def test_settings_are_arguments_and_options():
    """They are splatted into the arguments, so their order counts."""
    first = Arguments._fields.index(Settings._fields[0])
    assert Arguments._fields[first : first + len(Settings._fields)] == Settings._fields
    for function in (sliced_distance, SlicedNormalityLoss):
        assert set(Settings._fields) <= set(inspect.signature(function).parameters)

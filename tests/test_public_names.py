"""What a user types is exported where the docs say it is, and every exported name is documented in its package."""

import inspect
from importlib import import_module

import pytest

import equilab as eq

PACKAGES = [name for name in eq.__all__ if not name.startswith("__") and name not in eq._SHORT]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_subpackage_is_reached_from_the_front_door(name):
    assert getattr(eq, name) is import_module(f"equilab.{name}")


@pytest.mark.parametrize("name", eq._SHORT)
def test_a_short_name_is_the_one_of_its_module(name):
    assert getattr(eq, name) is getattr(import_module(eq._SHORT[name]), name)


@pytest.mark.parametrize("name", [name for name in PACKAGES if name != "errors"])
def test_every_exported_name_exists_and_has_a_docstring(name):
    package = import_module(f"equilab.{name}")
    assert sorted(package.__all__) == sorted(set(package.__all__))
    for exported in package.__all__:
        value = getattr(package, exported)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert (value.__doc__ or "").strip(), f"equilab.{name}.{exported} has no docstring"


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(AttributeError, match="it has Record, Run, __version__, check, data, errors"):
        eq.datasets  # noqa: B018

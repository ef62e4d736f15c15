"""Every settings class refuses values of the wrong kind, with an error of ours."""

import inspect
from dataclasses import fields, is_dataclass
from typing import get_type_hints

import numpy as np
import pytest
import torch

from equilab import data, latents, models, objectives, optimizers, runs
from equilab.errors import EquilabError
from equilab.runs.parts import _needed

JUNK = [None, "", "x", b"x", [1], {}, float("nan"), float("inf"), -1, -1.5, True, 1.5, 10**400, 1j, object(), int]
JUNK += [torch.ones(3), np.ones(3)]
SCALARS = (bool, int, float, str)
ACCEPTED = {  # beside values of the type itself
    bool: (),
    int: (),
    float: (-1, -1.5, True, 1.5),
    str: ("", "x"),
}


def settings_classes() -> list[type]:
    """The public settings classes whose settings all have defaults."""
    modules = (data, latents, models, objectives, optimizers, runs)
    found = {each for module in modules for each in vars(module).values() if inspect.isclass(each)}
    kept = [each for each in found if is_dataclass(each) and not inspect.isabstract(each) and not _needed(each)]
    return sorted((each for each in kept if each is not runs.Findings), key=lambda each: each.__name__)


CASES = [(kind, field.name) for kind in settings_classes() for field in fields(kind) if field.init]


def test_there_are_many():
    assert len(CASES) > 80


@pytest.mark.parametrize(("kind", "name"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_a_value_of_any_kind_is_taken_or_refused(kind, name):
    """Nothing of somebody else's is raised; what is no number, word or flag is not taken for one."""
    declared = get_type_hints(kind)[name]
    for value in JUNK:
        try:
            kind(**{name: value})
        except EquilabError:
            continue
        if declared in SCALARS:
            assert isinstance(value, declared) or value in ACCEPTED[declared], value
            assert not (declared is int and isinstance(value, bool))
            assert not (declared is float and not -1e308 < value < 1e308)

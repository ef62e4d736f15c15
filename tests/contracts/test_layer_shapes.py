"""The shapes that equilab.functional promises in its annotations, checked in every layer that calls it.

Not by an import hook, as for the metrics: its wrappers would stand between torch.compile and the functions.
"""

import inspect
import sys

import pytest
import torch
from beartype import beartype
from jaxtyping import TypeCheckError, jaxtyped
from layer_cases import CASES

import equilab.functional
import equilab.nn.group_conv

EXPORTED = {name: getattr(equilab.functional, name) for name in equilab.functional.__all__}
FUNCTIONS = {
    name: value
    for name, value in EXPORTED.items()
    if inspect.isfunction(value) and "Tensor" in str(inspect.signature(value))
}


@pytest.fixture
def called(monkeypatch) -> set[str]:
    """Every call of a function of tensors is now checked; the names of those that were called."""
    names = set[str]()

    def checked(name: str, function):
        function = jaxtyped(typechecker=beartype)(function)

        def call(*arguments, **settings):
            names.add(name)
            return function(*arguments, **settings)

        return call

    replacements = {function: checked(name, function) for name, function in FUNCTIONS.items()}
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith(("equilab.nn.", "equilab.functional.")):
            for name, value in list(vars(module).items()):
                if inspect.isfunction(value) and value in replacements:
                    monkeypatch.setattr(module, name, replacements[value])
    return names


def test_every_layer_keeps_the_shapes_of_the_functions(called):
    for case in CASES:
        layer = case.build()
        layer.train()(case.x())
        layer.eval()(case.x())
    assert called == set(FUNCTIONS)


def test_a_wrong_shape_is_found(called):
    kernel = torch.zeros(4, 4, 3, 3)
    assert equilab.nn.group_conv.group_conv2d(torch.zeros(2, 4, 9, 9), kernel).shape == (2, 4, 7, 7)
    with pytest.raises(TypeCheckError):
        equilab.nn.group_conv.group_conv2d(torch.zeros(4, 9, 9), kernel)

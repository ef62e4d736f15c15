import copy

import pytest
import torch
from escnn_cases import needs_escnn, slow_disk

from equilab.errors import FieldTypeError, ShapeError
from equilab.groups import C, D
from equilab.interop.escnn import EscnnLayer, load_escnn, to_escnn, wrap_module

pytestmark = [needs_escnn, slow_disk]
FLOAT32 = 1e-5  # escnn's bases are float32


def network(group, *, axis=None) -> EscnnLayer:
    """Two convolutions of escnn with batch norm and ReLU between them, over its own types."""
    nn = load_escnn().nn
    space = to_escnn(1 * group.trivial).escnn_type.gspace if axis is None else axis
    image, hidden = nn.FieldType(space, [space.trivial_repr]), nn.FieldType(space, 3 * [space.regular_repr])
    irreps = nn.FieldType(space, [space.fibergroup.irreps()[-1], space.regular_repr])
    return wrap_module(
        nn.SequentialModule(
            nn.R2Conv(image, hidden, 3, padding=1),
            nn.InnerBatchNorm(hidden),
            nn.ReLU(hidden),
            nn.R2Conv(hidden, irreps, 3, padding=1),
        )
    )


def images() -> torch.Tensor:
    return torch.randn(2, 1, 7, 7, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("group", [C(1), C(4), D(1), D(2), D(4), D(1, "1/4")], ids=str)
@torch.no_grad()
def test_a_wrapped_module_is_equivariant_on_plain_tensors(group, training):
    torch.manual_seed(0)
    layer = network(group).train(training)
    x = images()
    y = layer(x)
    assert type(y) is torch.Tensor
    for g in group:
        difference = layer(layer.in_type.act(g, x)) - layer.out_type.act(g, y)
        assert float(difference.norm() / y.norm()) < FLOAT32


@torch.no_grad()
def test_a_module_over_another_mirror_axis_is_equivariant_too():
    torch.manual_seed(0)
    layer = network(D(4), axis=load_escnn().gspaces.flipRot2dOnR2(4, axis=0.0)).eval()
    x = images()
    assert layer.in_type.group == D(4)
    for g in D(4):
        difference = layer(layer.in_type.act(g, x)) - layer.out_type.act(g, layer(x))
        assert float(difference.norm() / layer(x).norm()) < FLOAT32


@pytest.mark.parametrize("group", [C(4), D(4)], ids=str)
def test_a_materialized_module_is_plain_and_computes_the_same(group):
    torch.manual_seed(0)
    layer = network(group)
    layer(images())  # the running statistics move
    plain = layer.materialize()
    assert layer.training
    assert not any(type(module).__module__.startswith("escnn") for module in plain.modules())
    torch.testing.assert_close(plain(images()), layer.eval()(images()), rtol=FLOAT32, atol=FLOAT32)


def test_materialize_shares_nothing_with_the_layer():
    layer = network(C(4))
    plain = layer.materialize()
    before = plain(images())
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(1.0)
    torch.testing.assert_close(plain(images()), before)


def test_the_state_dict_is_that_of_the_module():
    layer = network(D(4))
    assert {name.removeprefix("module.") for name in layer.state_dict()} == set(layer.module.state_dict())
    other = network(D(4))
    other.load_state_dict(layer.state_dict())
    torch.testing.assert_close(other.eval()(images()), layer.eval()(images()))


def test_gradients_reach_the_weights_and_a_copy_computes_the_same():
    layer = network(C(4))
    layer(images()).square().sum().backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())
    torch.testing.assert_close(copy.deepcopy(layer)(images()), layer(images()))


def test_it_prints_its_types_and_tells_mistakes():
    layer = network(C(4))
    assert "C4[1*trivial] -> C4[1*irrep(2) + 1*regular]" in repr(layer)
    with pytest.raises(ShapeError, match=r"x: expected \(batch, 1, H, W\) for C4\[1\*trivial\], got \(1, 3, 5, 5\)"):
        layer(torch.zeros(1, 3, 5, 5))
    with pytest.raises(FieldTypeError, match="module: expected an escnn module with in_type and out_type, got ReLU"):
        wrap_module(torch.nn.ReLU())

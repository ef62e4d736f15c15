"""Modules of escnn as layers: the law, and what holds of the contract of layers, or the error that tells it."""

import copy
import io
import pickle

import pytest
import torch
from escnn_cases import needs_escnn, slow_disk

import equilab as eq
from equilab.errors import FieldTypeError, ShapeError
from equilab.groups import C, D
from equilab.interop.escnn import EscnnLayer, load_escnn, to_escnn, wrap_module
from tests.refused import refused

pytestmark = [needs_escnn, slow_disk]
FLOAT32 = 1e-5  # escnn's bases are float32
in_each_mode = pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])


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


@in_each_mode
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


@in_each_mode
@pytest.mark.parametrize("group", [C(4), D(4)], ids=str)
def test_a_materialized_module_is_plain_and_computes_the_same(group, training):
    torch.manual_seed(0)
    layer = network(group)
    layer(images())  # the running statistics move
    plain = eq.nn.materialize(layer.train(training))
    assert layer.training == training
    assert not plain.training
    assert not any(type(module).__module__.startswith("escnn") for module in plain.modules())
    torch.testing.assert_close(plain(images()), layer.eval()(images()), rtol=FLOAT32, atol=FLOAT32)


@in_each_mode
def test_a_copy_and_a_materialized_module_share_nothing_with_the_layer(training):
    layer = network(C(4)).train(training)
    copied, plain = copy.deepcopy(layer), layer.materialize()
    assert copied.training == training
    assert (copied.in_type, copied.out_type, repr(copied)) == (layer.in_type, layer.out_type, repr(layer))
    assert [*copied.state_dict()] == [*layer.state_dict()]
    assert torch.equal(copied(images()), layer(images()))
    own = {tensor.data_ptr() for tensor in (*layer.parameters(), *layer.buffers()) if tensor.numel()}
    for other in (copied, plain):
        assert not own & {tensor.data_ptr() for tensor in (*other.parameters(), *other.buffers())}


def test_a_copy_of_an_evaluated_layer_is_trained():
    layer = copy.deepcopy(network(C(4)).eval()).train()
    layer(images()).square().sum().backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())


def test_what_escnn_cannot_export_is_named():
    nn, hidden = load_escnn().nn, to_escnn(2 * C(4).regular).escnn_type
    alone = wrap_module(nn.NormNonLinearity(hidden))
    inside = wrap_module(nn.SequentialModule(nn.ReLU(hidden), nn.NormNonLinearity(hidden), nn.FieldDropout(hidden)))
    with pytest.raises(NotImplementedError, match=r"no plain form of module \(NormNonLinearity\); use one of equilab"):
        eq.nn.materialize(alone)
    pool = nn.PointwiseMaxPoolAntialiased(hidden, 2)  # has an export, which refuses
    with pytest.raises(NotImplementedError, match=r"no plain form of module \(PointwiseMaxPoolAntialiased"):
        eq.nn.materialize(wrap_module(pool))
    with pytest.raises(NotImplementedError, match=r"no plain form of 1 \(NormNonLinearity\), 2 \(FieldDropout\); use"):
        eq.nn.materialize(inside)


@in_each_mode
def test_a_state_dict_goes_into_a_fresh_layer_of_the_same_mode(training):
    layer, fresh = network(D(4)).train(training), network(D(4)).train(training)
    assert {name.removeprefix("module.") for name in layer.state_dict()} == set(layer.module.state_dict())
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    fresh.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(fresh(images()), layer(images()))
    assert torch.equal(fresh.eval()(images()), layer.eval()(images()))


@in_each_mode
def test_a_state_dict_of_the_other_mode_is_refused(training):
    wrong = "Unexpected" if training else "Missing"  # the filters, which are there in evaluation mode
    with pytest.raises(RuntimeError, match=rf"{wrong} key\(s\) in state_dict: .*filter"):
        network(C(4)).train(training).load_state_dict(network(C(4)).train(not training).state_dict())


def test_it_is_not_pickled_and_says_what_to_save():
    for save in (pickle.dumps, lambda layer: torch.save(layer, io.BytesIO())):
        with pytest.raises(pickle.PicklingError, match=r"save layer.state_dict\(\), and load it into"):
            save(network(C(4)))


@in_each_mode
@torch.no_grad()
def test_a_copy_in_float64_runs_and_is_as_equivariant_as_its_bases(training):
    torch.manual_seed(0)
    layer = network(C(4)).train(training)
    double, x = copy.deepcopy(layer).double(), images().double()
    y = double(x)
    assert y.dtype == torch.float64
    for g in C(4):
        difference = double(layer.in_type.act(g, x)) - layer.out_type.act(g, y)
        assert float(difference.norm() / y.norm()) < FLOAT32
    torch.testing.assert_close(layer(images()).double(), y, rtol=FLOAT32, atol=FLOAT32)  # it has stayed as it was
    torch.testing.assert_close(double.materialize()(x), double.eval()(x), rtol=FLOAT32, atol=FLOAT32)


def test_gradients_reach_the_weights():
    layer = network(C(4))
    layer(images()).square().sum().backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())


def test_it_prints_its_types_and_tells_mistakes():
    layer = network(C(4))
    assert "C4[1*trivial] -> C4[1*irrep(2) + 1*regular]" in repr(layer)
    with refused(ShapeError, "x", expected="(batch, 1, H, W) for C4[1*trivial]", got=(1, 3, 5, 5)):
        layer(torch.zeros(1, 3, 5, 5))
    with refused(FieldTypeError, "module", expected="in_type and out_type", got="ReLU"):
        wrap_module(torch.nn.ReLU())

"""Whole networks: P4CNN as published, the call sites of the architecture, and the bugs that they must not have."""

import pytest
import torch
from symmetry import draw, error
from torch import nn

import equilab as eq
from equilab.groups import p4, p4m
from equilab.nn import FieldBatchNorm, GroupConv2d, GroupPool, MaxPool2d, Sequential, SpatialMean


def p4cnn(norm=FieldBatchNorm, pool=MaxPool2d, sequence=Sequential):
    """7 layers of 10 regular fields (Cohen & Welling 2016, section 8.1): 28 26 24 12 10 8 6 4 1."""
    x, hidden, layers = 1 * p4.trivial, 10 * p4.regular, []
    generator = torch.Generator().manual_seed(0)
    for index in range(6):
        layers += [GroupConv2d(x, hidden, 3, generator=generator), norm(hidden), nn.ReLU()]
        if index == 1:
            layers.append(pool(hidden, 2))
        x = hidden
    return sequence(*layers, GroupConv2d(hidden, hidden, 4, generator=generator), GroupPool(hidden))


def images(size=28, dtype=torch.float64):
    return torch.rand(8, 1, size, size, dtype=dtype, generator=torch.Generator().manual_seed(1))


def invariance_error(model, x):
    """The largest |f(g x) - f(x)| over quarter turns, over the standard deviation of f(x) between images."""
    with torch.no_grad():
        y = model(x)
        return max(float((model(x.rot90(turn, (2, 3))) - y).abs().max() / y.std(0).mean()) for turn in (1, 2, 3))


def test_p4cnn_has_the_published_number_of_parameters_and_sizes():
    model, x, sizes = p4cnn(), images(dtype=torch.float32), [28]
    assert sum(p.numel() for p in model.parameters()) == 24_680
    for layer in model:
        x = layer(x)
        if x.shape[-1] != sizes[-1]:
            sizes.append(x.shape[-1])
    assert sizes == [28, 26, 24, 12, 10, 8, 6, 4, 1]
    assert x.shape == (8, 10, 1, 1)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_seven_layers_are_invariant_to_1e_minus_13(training):
    model = p4cnn().double()
    for _ in range(3):
        model(images())
    assert invariance_error(model.train(training), images()) < 1e-13


def test_float32_is_as_exact_as_its_digits():
    model = p4cnn()
    for _ in range(3):
        model(images(dtype=torch.float32))
    assert invariance_error(model.eval(), images(dtype=torch.float32)) < 2e-5


def test_every_layer_of_it_commutes_with_quarter_turns():
    model, x = p4cnn().double(), images()[:1]
    for index in range(1, len(model)):
        part = model[:index]
        assert error(part, x, part.in_type, part.out_type, [p4.element("1/4")]) < 1e-13


def channel_norm(field_type):
    """The bug of others: a batch norm with statistics and weights per channel, as it is after training."""
    norm = nn.BatchNorm2d(field_type.dim)
    nn.init.normal_(norm.weight, 1, 0.3)
    nn.init.normal_(norm.bias, 0, 0.3)
    return norm


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (lambda: p4cnn(norm=channel_norm, sequence=nn.Sequential), 28),
        (lambda: p4cnn(pool=lambda field_type, k: nn.MaxPool2d(k), sequence=nn.Sequential), 29),  # 27 + 2 before it
        (lambda: p4cnn(sequence=lambda *layers: nn.Sequential(*layers[:-2], nn.Conv2d(40, 40, 4), layers[-1])), 28),
    ],
    ids=["a batch norm per channel", "a pool of odd size", "a plain convolution"],
)
def test_the_bugs_of_others_are_seen(make, size):
    torch.manual_seed(0)
    model = make().double()
    for _ in range(3):
        model(images(size))
    assert invariance_error(model.eval(), images(size)) > 1e-2


def test_the_ideal_call_site_of_p4m_runs():
    G = eq.groups.p4m
    x0, x1, x2 = 3 * G.trivial, 16 * G.regular, 32 * G.regular
    body = eq.nn.Sequential(
        eq.nn.GroupConv2d(x0, x1, kernel_size=3, padding=1),
        torch.nn.ReLU(),
        eq.nn.GroupConv2d(x1, x2, kernel_size=3, padding=1),
        torch.nn.ReLU(),
        eq.nn.GroupPool(x2),
    )
    net = torch.nn.Sequential(body, eq.nn.SpatialMean(), torch.nn.Linear(32, 10)).double()
    x = draw(x0, 9)
    logits = net(x)
    assert logits.shape == (2, 10)
    for g in p4m:
        assert torch.allclose(net(x0.act(g, x)), logits, atol=1e-12, rtol=0)


def test_gradients_of_weights_do_not_depend_on_the_turn_of_the_images():
    model, x = p4cnn().double(), images()
    gradients = []
    for moved in (x, x.rot90(1, (2, 3))):
        model.zero_grad()
        model(moved).square().sum().backward()
        gradients.append([p.grad.clone() for p in model.parameters()])
    for first, second in zip(*gradients, strict=True):
        assert (first - second).abs().max() < 1e-12 * max(1.0, float(first.abs().max()))


def test_a_type_less_mean_fits_any_network():
    assert SpatialMean()(torch.ones(2, 3, 4, 4)).shape == (2, 3)

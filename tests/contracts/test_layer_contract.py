"""What every layer promises: the law, its state, and the forms it computes in; a new layer is found here by itself."""

import copy
import inspect
import io
import pickle
from typing import Any

import pytest
import torch
from layer_cases import CASES, CLASSES, Case, elements, every, known
from torch import Tensor, nn

import equilab as eq
from equilab.nn import Layer

both_dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])


def called(layer: nn.Module, x: Tensor, *, seed: int = 0) -> Tensor:
    """layer(x), where all that is random about it comes from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed takes 5 ms, for the devices there are not
        return layer(x)


def trained(case: Case) -> nn.Module:
    """A layer after three steps of a training, in training mode."""
    layer = case.stirred().train()
    optimizer = torch.optim.SGD([*layer.parameters(), torch.zeros(1)], lr=0.1)
    for seed in range(3):
        optimizer.zero_grad()
        loss = called(layer, case.x(3, seed=seed), seed=seed).square().mean()
        if case.is_learned:
            loss.backward()
        optimizer.step()
    return layer


def same(first: nn.Module, second: nn.Module, x: Tensor) -> bool:
    """Whether both compute the same, bit by bit, in evaluation and in training."""
    evaluated = torch.equal(called(first.eval(), x), called(second.eval(), x))
    return evaluated and torch.equal(called(first.train(), x), called(second.train(), x))


def storages(module: nn.Module) -> set[int]:
    return {tensor.data_ptr() for tensor in (*module.parameters(), *module.buffers()) if tensor.numel()}


@torch.no_grad()
def round_off(layer: nn.Module, xs: list[Tensor], dtype: torch.dtype) -> float:
    """What rounding does to the outputs: float32 against float64, and no less than four units in the last place."""
    single, double = copy.deepcopy(layer).float(), copy.deepcopy(layer).double()
    exact = [called(double, x.double()) for x in xs]
    measured = max(float((called(single, x.float()) - y).abs().max()) for x, y in zip(xs, exact, strict=True))
    unit = torch.finfo(torch.float32).eps
    largest = max(float(y.abs().max()) for y in exact)
    return max(measured, 4 * unit * largest) * torch.finfo(dtype).eps / unit


@torch.no_grad()
def assert_equivariant(case: Case, layer: Any, dtype: torch.dtype) -> None:
    """f(T_g x) = T'_g f(x) for every element that is exact, within eight times the measured round-off (found: 2.2)."""
    x = case.x(dtype=dtype)
    group = layer.out_type.group
    moved = [layer.in_type.act(g, x) for g in elements(case, group)]
    tolerance = 8 * round_off(layer, moved, dtype)
    layer = copy.deepcopy(layer).to(dtype)
    y = called(layer, x)
    assert y.std() > 0.01
    for g, gx in zip(elements(case, group), moved, strict=True):
        error = float((called(layer, gx) - layer.out_type.act(g, y)).abs().max())
        assert error <= tolerance, f"{g}: {error} is more than {tolerance}"


def test_every_layer_has_a_case():
    assert {"GroupConv2d", "GroupConvTranspose2d", "GroupPool", "Linear", "Sequential"} <= known(CLASSES)
    assert known(CLASSES) == known(case.kind for case in CASES), "add a case to layer_cases.py"
    assert all(getattr(eq.nn, kind.__name__) is kind for kind in CLASSES)


@every
@both_dtypes
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
def test_a_layer_commutes_with_the_group(case, dtype, training):
    assert_equivariant(case, case.stirred().train(training), dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_layer_that_breaks_the_law_by_a_thousandth_would_be_found(dtype):
    case = next(case for case in CASES if case.name == "conv regular p4m")
    layer = case.stirred()
    broken = layer.materialize()
    broken.in_type, broken.out_type = layer.in_type, layer.out_type
    assert_equivariant(case, broken, dtype)
    with torch.no_grad():
        broken.weight[0, 0, 0, 0] += 1e-3
    with pytest.raises(AssertionError, match="is more than"):
        assert_equivariant(case, broken, dtype)


@every
@both_dtypes
def test_plain_tensors_of_the_types_go_in_and_come_out(case, dtype):
    layer, x = case.stirred().to(dtype), case.x(3, dtype=dtype)
    before = x.clone()
    y = layer(x)
    assert type(y) is Tensor
    assert y.dtype == dtype
    assert y.shape[:2] == (3, layer.out_type.dim)
    assert torch.equal(x, before)


@every
def test_a_layer_says_its_types_in_one_line(case):
    layer = case.build()
    if isinstance(layer, Layer):
        assert "\n" not in layer.extra_repr()
        assert str(layer.in_type) in layer.extra_repr() or str(layer.out_type) in layer.extra_repr()


@every
def test_first_weights_come_from_the_generator_alone(case):
    before = torch.get_rng_state()
    first, again, other = case.build(0), case.build(0), case.build(1)
    assert same(first, again, case.x())
    if "generator" in inspect.signature(case.kind.__init__).parameters:
        assert not same(first, other, case.x())
        assert torch.equal(torch.get_rng_state(), before)


@every
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_a_state_dict_goes_into_a_fresh_layer(case, mode):
    layer = trained(case).train(mode == "train")
    called(layer, case.x())
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    fresh = case.build(1)
    state = torch.load(file, weights_only=True)
    assert not state or not same(copy.deepcopy(fresh), copy.deepcopy(layer), case.x())
    fresh.load_state_dict(state, strict=True)
    assert list(fresh.state_dict()) == list(state)
    assert same(fresh, layer, case.x())


@every
def test_nothing_but_parameters_and_running_statistics_is_stored(case):
    layer = trained(case).eval()
    layer(case.x())
    statistics = {name for name, _ in layer.named_buffers() if name.split(".")[-1].startswith(("running_", "num_"))}
    assert set(layer.state_dict()) == {name for name, _ in layer.named_parameters()} | statistics


@every
def test_a_layer_is_pickled_and_copied_with_all_it_has(case):
    layer = trained(case)
    for other in (pickle.loads(pickle.dumps(layer)), copy.deepcopy(layer)):
        assert other.training
        assert (other.in_type, other.out_type, repr(other)) == (layer.in_type, layer.out_type, repr(layer))
        assert not storages(other) & storages(layer)
        assert same(copy.deepcopy(layer), other, case.x())
        assert [*other.state_dict()] == [*layer.state_dict()]


@every
@both_dtypes
def test_a_materialized_layer_is_plain_and_computes_the_same(case, dtype):
    layer = trained(case).to(dtype).eval()
    plain = eq.nn.materialize(layer)
    assert not plain.training
    assert not [module for module in plain.modules() if isinstance(module, Layer | eq.nn.Sequential)]
    assert not storages(plain) & storages(layer)
    x = case.x(dtype=dtype)
    torch.testing.assert_close(plain(x), layer(x), rtol=0, atol=4 * round_off(layer, [x], dtype))


@pytest.mark.parametrize("case", [case for case in CASES if case.size], ids=str)  # vectors have no memory format
def test_channels_last_gives_what_contiguous_gives(case):
    layer, x = case.stirred(), case.x()
    expected, tolerance = layer(x), 4 * round_off(layer, [x], torch.float32)
    layer.to(memory_format=torch.channels_last)
    x = x.to(memory_format=torch.channels_last)
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=tolerance)


@every
def test_bfloat16_autocast_is_close_and_commutes_to_its_round_off(case):
    layer, x = case.stirred(), case.x().requires_grad_()
    exact = layer(x).detach()
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(x)
        moved = {g: layer(layer.in_type.act(g, x)) for g in elements(case, layer.out_type.group)}
    tolerance = 2 * exact.abs().max() * 2**-7  # a unit in the last place of the largest, for each of the two compared
    assert (y - exact).abs().max() <= tolerance
    assert all((gy.float() - layer.out_type.act(g, y.float())).abs().max() <= tolerance for g, gy in moved.items())
    y.float().square().mean().backward()
    assert all(tensor.grad is not None and tensor.grad.isfinite().all() for tensor in (x, *layer.parameters()))

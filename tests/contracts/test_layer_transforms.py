"""What torch.func and averages of models make of every layer; a new layer is found here by itself."""

import copy

import pytest
import torch
from layer_cases import every, learned
from torch import Tensor
from torch.func import functional_call, grad, jvp, stack_module_state, vjp, vmap
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


@every
def test_vmap_is_the_loop(case):
    layer = case.stirred().double()
    xs = torch.stack([case.x(seed=seed, dtype=torch.float64) for seed in range(3)])
    torch.testing.assert_close(vmap(layer)(xs), torch.stack([layer(x) for x in xs]))


@learned
def test_several_layers_run_as_one(case):
    layers = [case.stirred(seed).double() for seed in range(2)]
    parameters, buffers = stack_module_state(layers)
    x = case.x(dtype=torch.float64)
    one = copy.deepcopy(layers[0]).to("meta")
    ensemble = vmap(lambda p, b: functional_call(one, (p, b), (x,)))(parameters, buffers)
    torch.testing.assert_close(ensemble, torch.stack([layer(x) for layer in layers]))


@learned
def test_an_average_of_a_layer_with_itself_is_the_layer(case):
    layer = case.stirred().double()
    average = AveragedModel(layer, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True).eval()
    for _ in range(5):
        average.update_parameters(layer)  # of buffers of integers, 0.9 * 5 + 0.1 * 5 = 4
    torch.testing.assert_close(average(case.x(dtype=torch.float64)), layer(case.x(dtype=torch.float64)))


@learned
def test_grad_of_each_sample_is_what_backward_gives(case):
    layer = case.stirred().double()
    xs = case.x(3, dtype=torch.float64)[:, None]
    parameters = dict(layer.named_parameters())

    def loss(parameters: dict[str, Tensor], x: Tensor) -> Tensor:
        return functional_call(layer, parameters, (x,)).pow(3).mean()

    found = vmap(grad(loss), in_dims=(None, 0))(parameters, xs)
    for index, x in enumerate(xs):
        expected = torch.autograd.grad(loss(parameters, x), list(parameters.values()))
        for name, gradient in zip(parameters, expected, strict=True):
            torch.testing.assert_close(found[name][index], gradient)


@every
@pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)  # jvp of torch itself calls it
def test_jvp_is_the_adjoint_of_the_gradient(case):
    """<J t, c> = <t, J^T c> for the Jacobian J in the input and all parameters."""
    layer, x = case.stirred().double(), case.x(dtype=torch.float64)
    parameters = {name: parameter.detach() for name, parameter in layer.named_parameters()}

    def function(parameters: dict[str, Tensor], x: Tensor) -> Tensor:
        return functional_call(layer, parameters, (x,))

    generator = torch.Generator().manual_seed(0)
    draw = lambda like: torch.randn(like.shape, generator=generator, dtype=torch.float64)  # noqa: E731
    tangents = {name: draw(value) for name, value in parameters.items()}, draw(x)
    y, tangent = jvp(function, (parameters, x), tangents)[:2]
    cotangent = draw(y)
    gradients = vjp(function, parameters, x)[1](cotangent)
    pairs = [(gradients[1], tangents[1]), *((gradients[0][name], tangents[0][name]) for name in parameters)]
    backward = sum((first * second).sum() for first, second in pairs)
    assert (tangent * cotangent).sum().item() == pytest.approx(float(backward), rel=1e-9, abs=1e-9)

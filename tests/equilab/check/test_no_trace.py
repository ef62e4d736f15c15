"""A check leaves modules, inputs, random numbers and the switches of the process as they were, and no word outside."""

import copy
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from odd_modules import CALLABLES, MODULES, Numbers, Readout, WritesIntoInput, images
from torch import nn

from equilab.check import Invariant, Verdict, equivariance
from equilab.groups import C

C4 = C(4)


def trace_of(module: nn.Module) -> dict:
    """All that could be seen of a module, down to the bits."""
    parts = {}
    for name, part in module.named_modules():
        seen = {key: value for key, value in vars(part).items() if not key.startswith("_")}
        parts[name] = (part.training, repr(sorted(seen)), [repr(value) for value in seen.values()], hooks_of(part))
    tensors = {
        name: (id(tensor), tensor.data_ptr(), tensor.dtype, tensor.device, tensor.requires_grad,
               tensor.detach().numpy().tobytes(), None if tensor.grad is None else tensor.grad.numpy().tobytes())
        for name, tensor in (*module.named_parameters(), *module.named_buffers())
    }  # fmt: skip
    return {"parts": parts, "tensors": tensors}


def hooks_of(part: nn.Module) -> list:
    return [list(value) for key, value in sorted(vars(part).items()) if key.endswith("_hooks")]


def process() -> tuple:
    """The random numbers that come next, and the switches of torch."""
    hooks = torch.nn.modules.module
    return (
        torch.get_rng_state().numpy().tobytes(), repr(np.random.get_state()), random.getstate(),  # noqa: NPY002
        torch.get_default_dtype(), torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled(),
        torch.is_autocast_enabled("cpu"), torch.get_num_threads(), len(hooks._global_forward_hooks),
        len(hooks._global_forward_pre_hooks), len(hooks._global_forward_hooks_with_kwargs),
    )  # fmt: skip


def check(fn, x=None, **options):
    types = {"in_type": C4.trivial, "out_type": Invariant()} | options
    return equivariance(fn, images() if x is None else x, **types)


@pytest.mark.parametrize("sound", [True, False], ids=["sound", "broken"])
@pytest.mark.parametrize("made", MODULES.values(), ids=MODULES.keys())
def test_a_module_and_the_process_are_as_before(made, sound):
    module = made(sound)
    next(module.parameters()).grad = torch.full_like(next(module.parameters()), 2.0)
    if not isinstance(module, torch.jit.ScriptModule):
        module.register_forward_hook(lambda module, arguments, output: None)
    before, around = trace_of(module), process()
    check(module, gradients=made not in (WritesIntoInput, Numbers))  # which have none
    assert trace_of(module) == before
    assert process() == around


@pytest.mark.parametrize("made", CALLABLES.values(), ids=CALLABLES.keys())
def test_a_callable_answers_as_if_it_had_never_been_asked(made):
    asked, fresh = made(True), made(True)
    check(asked)
    with torch.no_grad():
        assert torch.equal(asked(images()), fresh(images()))


class Raises(Readout):
    """Raises at its nth call, after it has changed all it could."""

    def __init__(self, at, *, copies=True):
        super().__init__(True)
        self.at, self.copies, self.log = at, copies, []
        self.register_buffer("count", torch.zeros(()))

    def __deepcopy__(self, memo):
        if not self.copies:
            raise TypeError("it is not copied")
        made = type(self)(self.at)
        made.load_state_dict(self.state_dict())
        return made

    def forward(self, x):
        with torch.no_grad():
            self.weight.mul_(3)
            self.count.add_(1)
        self.log.append(1)
        self.train(not self.training)
        torch.manual_seed(0)
        np.random.seed(0)  # noqa: NPY002
        random.seed(0)
        self.extra = torch.ones(1)
        if self.at == "x" or float(x[0, 0, 0, 0]) != float(images()[0, 0, 0, 0]):
            raise RuntimeError("in the middle")
        return super().forward(x)


@pytest.mark.parametrize("copies", [True, False], ids=["copied", "uncopyable"])
def test_a_module_that_raises_at_x_is_as_before(copies):
    module = Raises("x", copies=copies)
    before, around = trace_of(module), process()
    with pytest.raises(RuntimeError, match="in the middle"):
        check(module)
    assert trace_of(module) == before
    assert process() == around


@pytest.mark.parametrize("copies", [True, False], ids=["copied", "uncopyable"])
def test_a_module_that_raises_at_g_x_fails_and_is_as_before(copies):
    module = Raises("g x", copies=copies)
    before, around = trace_of(module), process()
    report = check(module)
    assert report.verdict in (Verdict.FAIL, Verdict.VACUOUS)
    assert any("in the middle" in each.trouble for each in report.elements)
    assert trace_of(module) == before
    assert process() == around


def test_inputs_are_as_before_and_so_are_their_gradients():
    x = images()
    kept, version = x.clone(), x._version
    check(WritesIntoInput(True), x)
    assert torch.equal(x, kept)
    assert x._version == version
    x.requires_grad_().grad = torch.ones_like(x)
    check(MODULES["Backward"](True), x, gradients=True)
    assert torch.equal(x.detach(), kept)
    assert (x._version, x.requires_grad, bool((x.grad == 1).all())) == (version, True, True)


@pytest.mark.parametrize("mode", ["train", "eval", "as_is"])
def test_a_mode_is_that_of_the_check_alone(mode):
    network = nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.5), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network[0].eval()
    before, around = trace_of(network), process()
    check(network, mode=mode)
    assert trace_of(network) == before
    assert process() == around


def test_a_check_under_no_grad_and_in_another_default_dtype_keeps_them():
    module, x = Readout(True), images()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad():
            around = process()
            check(module, x)
            assert process() == around
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_function_of_global_names_leaves_them(monkeypatch):
    monkeypatch.setitem(globals(), "shared", MODULES["CountsInBuffer"](True))
    before = trace_of(shared)
    report = check(_asks_shared)
    assert report.verdict is Verdict.PASS
    assert not report.notes
    assert trace_of(shared) == before


def _asks_shared(x):
    return shared(x)


def test_the_same_check_says_the_same_again():
    module = MODULES["Remembers"](False)
    twin = copy.deepcopy(module)
    assert check(module) == check(module) == check(twin)


OFFLINE = """
import socket
def refuse(*arguments, **options): raise AssertionError("the network was asked")
class Closed(socket.socket): __init__ = refuse
socket.socket = Closed
socket.create_connection = socket.getaddrinfo = refuse
import torch, equilab as eq
x = torch.randn(2, 1, 25, 25)
G = eq.groups.C(8)
print(eq.check.equivariance(eq.nn.GroupConv2d(1 * G.trivial, 1 * G.regular, 3), x).verdict)
print(eq.check.equivariance(torch.nn.Conv2d(1, 8, 3), x, in_type=1 * G.trivial, out_type=1 * G.regular).verdict)
"""


def test_the_network_is_never_asked():
    found = subprocess.run([sys.executable, "-c", OFFLINE], capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == ["PASS", "FAIL"]

"""What torch's tools make of every layer: compile, export, ONNX, two processes; a new layer is found here by itself."""

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest
import torch
from layer_cases import CASES, Case, SideBySide
from layer_ddp import LEARNED, train
from torch import Tensor, nn
from torch.export import Dim

import equilab as eq
from equilab.groups import p4

HERE = Path(__file__).parent
LONG = {eq.nn.GroupSelfAttention, eq.nn.Sequential}  # graphs of hundreds of operations
FIRST = list({case.kind: case for case in reversed(CASES)}.values())
QUICK = [case for case in FIRST if case.kind not in LONG]
MANY = [pytest.mark.slow, pytest.mark.exhaustive]  # every further case of a class
every = pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[] if case in QUICK else MANY, id=case.name) for case in CASES]
)  # one case of nearly every class is quick


def classifier() -> nn.Module:
    """Like P4CNN (Cohen & Welling 2016), with weights and statistics as after a training."""
    x0, x1, x2 = 1 * p4.trivial, 4 * p4.regular, 6 * p4.regular
    return Case(
        "classifier",
        lambda generator: nn.Sequential(
            eq.nn.Sequential(
                eq.nn.GroupConv2d(x0, x1, 3, generator=generator),
                eq.nn.FieldBatchNorm(x1),
                nn.ReLU(),
                eq.nn.MaxPool2d(x1, 2),
                eq.nn.GroupConv2d(x1, x2, 3, padding=1, generator=generator),
                eq.nn.FieldBatchNorm(x2),
                nn.ReLU(),
                eq.nn.Dropout(x2, 0.3),
                eq.nn.GroupPool(x2),
                eq.nn.SpatialMean(),
            ),
            nn.Linear(6, 10),
        ),
    ).stirred()


def gradients(model: nn.Module, y: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(y.square().mean(), list(model.parameters()))) if y.requires_grad else []


def assert_compiled_trains_alike(model: nn.Module, x: Tensor, backend: str) -> None:
    """One graph gives the outputs, the gradients and the running statistics that eager mode gives."""
    torch.compiler.reset()
    eager = copy.deepcopy(model)
    expected = eager(x)
    y = torch.compile(model, fullgraph=True, backend=backend)(x)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(gradients(model, y), gradients(eager, expected))
    torch.testing.assert_close(dict(model.named_buffers()), dict(eager.named_buffers()))


@every
def test_a_layer_compiles_to_one_graph(case):
    random = any(isinstance(module, eq.nn.Dropout) for module in case.build().modules())
    assert_compiled_trains_alike(case.stirred().train(not random), case.x(), "aot_eager")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")  # inductor calls it
@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a compiler")
@pytest.mark.parametrize(
    ("model", "x"),
    [
        pytest.param(
            classifier(), torch.rand(2, 1, 14, 14, generator=torch.Generator().manual_seed(0)), id="classifier"
        ),
        pytest.param(CASES[-1].stirred(), CASES[-1].x(), id=CASES[-1].name, marks=pytest.mark.exhaustive),
    ],
)
def test_inductor_compiles_a_network(model, x):
    for module in model.modules():
        module.train(not isinstance(module, eq.nn.Dropout))
    assert_compiled_trains_alike(model.double(), x.double(), "inductor")


@every
def test_an_exported_layer_takes_any_batch(case):
    layer = case.stirred()
    program = torch.export.export(layer, (case.x(),), dynamic_shapes=({0: Dim.DYNAMIC},)).module()
    for batch in (2, 5):
        torch.testing.assert_close(program(case.x(batch)), layer(case.x(batch)))


def onnx_outputs(model: nn.Module, inputs: tuple[Tensor, ...], other_inputs: tuple[Tensor, ...]) -> list[Tensor]:
    """What onnxruntime gives for `other_inputs`, of another batch size than those that the model was exported with."""
    shapes = tuple({0: Dim.DYNAMIC} for _ in inputs)
    shapes = shapes if len(inputs) == 1 else (shapes,)  # *inputs is one argument of forward
    program = torch.onnx.export(model, inputs, dynamo=True, verbose=False, dynamic_shapes=shapes)
    assert program is not None
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    feed = {name: x.numpy() for name, x in zip(names, other_inputs, strict=True)}
    return [torch.from_numpy(y) for y in session.run(None, feed)]


onnx = pytest.mark.filterwarnings("ignore:`isinstance.treespec, LeafSpec.` is deprecated:FutureWarning")  # torch's own


@onnx
@pytest.mark.parametrize("form", [nn.Identity(), eq.nn.materialize], ids=["as it is", "materialized"])
def test_onnxruntime_classifies_as_torch_does(form):
    model, images = classifier(), torch.rand(5, 1, 14, 14)
    (found,) = onnx_outputs(form(model), (images[:2],), (images,))
    torch.testing.assert_close(found, model(images), rtol=0, atol=1e-5)


@onnx
@pytest.mark.slow
def test_onnxruntime_runs_every_class():
    cases = [case for case in FIRST if case.kind is not eq.nn.AdaptiveMaxPool2d]  # for which torch has no ONNX operator
    model = SideBySide(cases).eval()
    inputs = tuple(case.x(5) for case in cases)
    found = onnx_outputs(model, tuple(case.x() for case in cases), inputs)
    for case, y, expected in zip(cases, found, model(*inputs), strict=True):
        torch.testing.assert_close(y, expected, rtol=1e-5, atol=1e-5, msg=lambda text, case=case: f"{case}: {text}")


@pytest.mark.slow
def test_two_processes_train_as_one_does_and_name_parameters_alike(tmp_path):
    """Each starts with its own weights and sees its own samples; a fresh process gives the names this one gives."""
    command = [sys.executable, str(HERE / "layer_ddp.py")]
    environment = os.environ | ({"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {})
    processes = [
        subprocess.Popen(
            [*command, str(rank), str(tmp_path)],
            env=environment | {"PYTHONHASHSEED": str(rank + 1)},
            text=True,
            stderr=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    alone = SideBySide(LEARNED).double().train()
    train(alone, slice(None))
    try:
        for process in processes:
            errors = process.communicate(timeout=300)[1]
            assert process.returncode == 0, errors
    finally:
        for process in processes:
            process.kill()
    zero, one = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    assert list(zero) == list(one) == list(alone.state_dict())
    assert all(torch.equal(zero[name], one[name]) for name, _ in alone.named_parameters())
    first = SideBySide(LEARNED).double()
    for name, layer in alone.layers.named_children():
        assert any(
            not torch.equal(value, first.get_parameter(f"layers.{name}.{x}")) for x, value in layer.named_parameters()
        )
        if any(isinstance(module, eq.nn.FieldBatchNorm) for module in layer.modules()):
            continue  # its statistics are those of half a batch
        for parameter, value in layer.named_parameters(prefix=f"layers.{name}"):
            torch.testing.assert_close(zero[parameter], value)

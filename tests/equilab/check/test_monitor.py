"""The monitor: its numbers are those of the check, any log takes them, and no training feels it."""

import copy
import functools
import math
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from monitor_ddp import MONITORED, STEPS
from torch import Tensor, nn

import equilab as eq
from equilab.check import EquivarianceMonitor, Invariant
from equilab.errors import ActionError, FieldTypeError, GroupError, SettingError, ShapeError
from tests.refused import refused

HERE = Path(__file__).parent
G = eq.groups.p4
IMAGES = 1 * G.trivial


def images(seed: int = 0, batch: int = 8, size: int = 9) -> Tensor:
    return torch.rand(batch, 1, size, size, generator=torch.Generator().manual_seed(seed))


def plain(seed: int = 0) -> nn.Conv2d:
    """A convolution that no quarter turn commutes with."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Conv2d(1, 1, 3)


def exact(seed: int = 0) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        hidden = 2 * G.regular
        return eq.nn.Sequential(
            eq.nn.GroupConv2d(IMAGES, hidden, 3), eq.nn.FieldBatchNorm(hidden), nn.ReLU(), eq.nn.Dropout(hidden)
        )


def monitor(module: Callable[..., Any], log: Any = print, **options: Any) -> EquivarianceMonitor:
    """Of a module of images under quarter turns."""
    return EquivarianceMonitor(module, **{"in_type": IMAGES, "out_type": IMAGES, "log": log} | options)


# What is measured


def test_an_exact_module_has_an_error_of_round_off_and_a_broken_one_has_not():
    assert 0 < monitor(exact(), in_type=None, out_type=None).measure(0, images())["equivariance/worst"] < 1e-5
    assert monitor(plain()).measure(0, images())["equivariance/worst"] > 0.1


def test_the_errors_of_all_elements_are_those_of_the_check():
    module, x = plain().double(), images().double()
    report = eq.check.equivariance(module, x, in_type=IMAGES, out_type=IMAGES)
    found = monitor(module, samples=None, elements=3).measure(0, x)
    assert found["equivariance/worst"] == pytest.approx(
        report.to_dict()["equivariance/worst"], rel=0.2
    )  # of one sample
    assert found["equivariance/mean"] == pytest.approx(report.to_dict()["equivariance/mean"], rel=0.2)


def test_the_worst_is_the_largest_over_elements_and_the_mean_their_mean():
    def shaded(x: Tensor) -> Tensor:
        return x * torch.linspace(0, 1, x.shape[-1])

    def halves(x: Tensor) -> Tensor:  # exact at half a turn, not at a quarter
        return x.flip(-1)

    for fn in (shaded, halves):
        each = [
            eq.check.equivariance(fn, images(), in_type=IMAGES, out_type=IMAGES, elements=[g]).error
            for g in G.elements[1:]
        ]
        found = monitor(fn, samples=None, elements=3).measure(0, images())
        assert found["equivariance/worst"] == pytest.approx(max(each), rel=0.2, abs=1e-6)
        assert found["equivariance/mean"] == pytest.approx(sum(each) / 3, rel=0.2, abs=1e-6)


def test_the_signal_is_the_spread_of_the_output_over_its_size():
    def raised(x: Tensor) -> Tensor:
        return x + 1000

    found = monitor(raised, samples=None).measure(0, images(batch=64))
    assert found["equivariance/signal"] == pytest.approx(images(batch=64).std().item() / 1000.5, rel=0.05)


def test_a_module_of_another_dtype_stays_in_it():
    seen = []
    note = seen.append  # a list in a closure is put back after each call

    def watched(x: Tensor) -> Tensor:
        note(x.dtype)
        return x.square()

    for dtype in (torch.float64, torch.bfloat16):
        assert monitor(watched).measure(0, images().to(dtype))["equivariance/worst"] == 0
        assert set(seen) == {dtype}
        seen.clear()


def test_a_constant_output_shows_nothing():
    found = monitor(lambda x: torch.ones_like(x)).measure(0, images())
    assert math.isnan(found["equivariance/worst"])
    assert math.isnan(found["equivariance/mean"])
    assert found["equivariance/signal"] == 0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_output_that_is_not_finite_is_an_infinite_error(value):
    def broken(x: Tensor) -> Tensor:
        y = x.clone()
        y[:, :, 0] = y[:, :, 0] * value
        return y

    assert monitor(broken).measure(0, images())["equivariance/worst"] == math.inf
    assert monitor(lambda x: x * math.nan).measure(0, images())["equivariance/worst"] == math.inf


def test_an_output_whose_shape_follows_the_turn_is_an_infinite_error():
    x = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    uneven = monitor(lambda x: x[..., : 5 if x[0, 0, 0, 0] == here else 4, :4], elements=3, samples=None)
    here = x[0, 0, 0, 0]
    assert uneven.module(x).shape == (4, 1, 5, 4)
    with refused(ShapeError, "out_type", expected="H == W", got=(4, 1, 5, 4)):  # a quarter turn of 5 x 4 pixels
        uneven.measure(0, x)
    shrinking = monitor(lambda x: x[..., : 5 if x[0, 0, 0, 0] == here else 4, : 5 if x[0, 0, 0, 0] == here else 4])
    shrinking.samples = None
    assert shrinking.measure(0, x)["equivariance/worst"] == math.inf


def test_elements_between_the_pixels_are_told_apart():
    fine = eq.groups.C(8)
    conv = eq.nn.GroupConv2d(1 * fine.trivial, 2 * fine.trivial, 5).double()
    x = images(size=33).double()
    found = EquivarianceMonitor(conv, log=print).measure(0, x)
    assert found["equivariance/exact"] < 1e-14
    assert 1e-8 < found["equivariance/interpolated"] < 0.3
    assert found["equivariance/worst"] == found["equivariance/interpolated"]
    both = found["equivariance/exact"] + found["equivariance/interpolated"]
    assert found["equivariance/mean"] == pytest.approx(both / 2)
    only = EquivarianceMonitor(
        lambda x: x, in_type=1 * eq.groups.C(3).trivial, out_type=1 * eq.groups.C(3).trivial, log=print
    )
    assert only.measure(0, x).keys() == {"equivariance/worst", "equivariance/mean", "equivariance/signal"}
    assert only.measure(0, x)["equivariance/worst"] < 1e-2


def test_modules_of_e3nn_are_asked_about_motions_of_space():
    from e3nn import o3

    linear = o3.Linear("2x0e + 1x1o", "1x0e + 2x1o")
    x = torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
    space = eq.check.Euclidean()
    assert EquivarianceMonitor(linear, group=space, log=print).measure(0, x)["equivariance/worst"] < 1e-5
    mixing = nn.Linear(5, 7)
    types = {"in_type": "2x0e + 1x1o", "out_type": "1x0e + 2x1o"}
    mixed = EquivarianceMonitor(mixing, group=space, log=print, **types)
    assert mixed.measure(0, x)["equivariance/worst"] > 0.1


def test_modules_of_escnn_get_their_own_tensors():
    pytest.importorskip("escnn")
    escnn = eq.interop.escnn.load_escnn()
    space = escnn.gspaces.rot2dOnR2(4)
    into, out = (escnn.nn.FieldType(space, [rho]) for rho in (space.trivial_repr, space.regular_repr))
    conv = escnn.nn.R2Conv(into, out, 3).train()
    watched = EquivarianceMonitor(conv, log=print)
    for x in (images(), escnn.nn.GeometricTensor(images(), into)):
        before = {name: value.clone() for name, value in conv.state_dict().items()}
        assert watched.measure(0, x)["equivariance/worst"] < 1e-5
        assert conv.state_dict().keys() == before.keys()  # which evaluation mode changes


def test_sets_may_have_another_size_at_every_step():
    things = eq.check.Permute(1)
    summed = EquivarianceMonitor(lambda x: x - x.mean(1, keepdim=True), in_type=things, out_type=things, log=print)
    ordered = EquivarianceMonitor(lambda x: x.cumsum(1), in_type=things, out_type=things, log=print)
    for step, count in enumerate((5, 7, 3)):
        x = torch.randn(8, count, 2, generator=torch.Generator().manual_seed(step))
        assert summed.measure(step, x)["equivariance/worst"] < 1e-6
        assert ordered.measure(step, x)["equivariance/worst"] > 1e-2


def test_forces_that_a_module_differentiates_itself_are_measured():
    def forces(points: Tensor) -> Tensor:
        points = points.requires_grad_()
        return torch.autograd.grad(torch.cdist(points, points).exp().sum(), points)[0]

    watched = EquivarianceMonitor(
        forces, in_type="1x1o", out_type="1x1o", log=print, samples=None, group=eq.check.Euclidean()
    )
    assert (
        watched.measure(0, torch.randn(5, 3, generator=torch.Generator().manual_seed(0)))["equivariance/worst"] < 1e-5
    )


# What is taken of the inputs


def test_the_same_samples_are_taken_of_every_input():
    seen = []
    note = seen.append  # a list in a closure is put back after each call

    def paired(inputs: dict[str, Any]) -> Tensor:
        note((inputs["images"][:, 0, 0, 0], inputs["numbers"]))
        return inputs["images"]

    x = torch.arange(8.0).reshape(8, 1, 1, 1).expand(8, 1, 3, 3) + torch.zeros(8, 1, 3, 3)
    types = {"images": IMAGES, "numbers": Invariant()}
    monitor(paired, in_type=types).measure(0, {"images": x, "numbers": np.arange(8)})
    pixels, numbers = seen[0]
    assert len(numbers) == 4
    assert len(set(numbers.tolist())) == 4
    assert pixels.tolist() == numbers.tolist()


def test_different_steps_take_different_samples_and_elements():
    seen = []
    note = seen.append  # a list in a closure is put back after each call

    def watched(x: Tensor) -> Tensor:
        note(x)
        return x

    x = images(batch=64)
    watch = monitor(watched, samples=1, elements=1)
    taken = set()
    for step in range(12):
        seen.clear()
        watch.measure(step, x)
        taken.add(float(seen[0].sum()))
    assert len(taken) > 6
    assert not torch.equal(seen[0], seen[-1])


def test_a_batch_smaller_than_the_samples_is_taken_whole():
    assert monitor(plain(), samples=10).measure(0, images(batch=3))["equivariance/worst"] > 0.1


def test_inputs_without_a_common_first_axis_are_refused_unless_all_is_asked_about():
    types: dict[str, Any] = {"in_type": (eq.check.Permute(0), Invariant()), "out_type": eq.check.Permute(0)}
    x, edges = torch.randn(5, 2, generator=torch.Generator().manual_seed(0)), torch.tensor([[0, 1], [1, 2]])
    with refused(SettingError, "samples", expected="one first axis", got="the sizes [2, 5]", hint="samples=None"):
        EquivarianceMonitor(lambda x, edges: x, log=print, **types).measure(0, x, edges)
    whole = EquivarianceMonitor(lambda x, edges: x, log=print, samples=None, **types)
    assert whole.measure(0, x, edges)["equivariance/worst"] == 0


# When, and into which log


def test_only_every_nth_step_is_measured():
    rows: list[dict[str, float]] = []
    watch = monitor(plain(), rows.append, every=7)
    for step in range(20):
        watch(step, images(step))
    assert [row["step"] for row in rows] == [0, 7, 14]


class Writer:
    """The one method of torch's SummaryWriter that is used."""

    def __init__(self) -> None:
        self.scalars: dict[str, tuple[float, int]] = {}

    def add_scalar(self, tag: str, scalar_value: float, global_step: int | None = None) -> None:
        assert global_step is not None
        self.scalars[tag] = (scalar_value, global_step)


class Wandb:
    """The signature of wandb.log."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def log(self, data: dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        assert step is commit is None
        self.rows.append(data)


def test_any_log_takes_the_values(capsys):
    values = monitor(plain()).measure(30, images())
    row = {"step": 30} | values
    rows: list[Any] = []
    wandb, writer = Wandb(), Writer()

    def ours(step: int, values: dict[str, float]) -> None:
        rows.append({"step": step} | values)

    def theirs(values: dict[str, float], step: int) -> None:
        rows.append({"step": step} | values)

    for log in (rows.append, ours, theirs, functools.partial(ours), wandb.log, writer, lambda *all_: rows.extend(all_)):
        monitor(plain(), log, every=10)(30, images())
    assert rows == [row] * 5
    assert wandb.rows == [row]
    assert writer.scalars == {key: (value, 30) for key, value in values.items()}
    monitor(plain(), print, every=10)(30, images())
    assert capsys.readouterr().out == f"{row}\n"


def test_the_prefix_is_what_one_asks_for():
    assert all(key.startswith("encoder/") for key in monitor(plain(), prefix="encoder/").measure(0, images()))


# It leaves no trace


class Counter(nn.Module):
    """Keeps a count, a running mean and a hidden state, in evaluation mode, too."""

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.hidden, self.seen = 0, torch.zeros(1), []
        self.register_buffer("mean", torch.zeros(()))
        self.mean: Tensor

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.mean.lerp_(x.detach().mean(), 0.1)
        self.hidden = 0.5 * self.hidden + x.detach().mean()
        self.seen.append(float(self.hidden))
        return x * (1 + 0.01 * self.calls) + self.hidden + self.mean


class Merging(nn.Module):
    """A low-rank update that is merged into the weights for evaluation, and taken out again for training."""

    def __init__(self) -> None:
        super().__init__()
        self.base, self.update = plain(1), nn.Parameter(torch.full((1, 1, 3, 3), 0.1))

    def train(self, mode: bool = True) -> "Merging":
        if mode != self.training:
            with torch.no_grad():
                self.base.weight.add_(self.update, alpha=-1 if mode else 1)
        return super().train(mode)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.base.weight + self.update if self.training else self.base.weight
        return nn.functional.conv2d(x, weight, self.base.bias)


class Noisy(nn.Module):
    """Draws from every generator there is, one of its own included, in every mode."""

    def __init__(self) -> None:
        super().__init__()
        self.own = torch.Generator().manual_seed(3)

    def forward(self, x: Tensor) -> Tensor:
        drawn = torch.randn_like(x) + torch.randn(x.shape, generator=self.own)
        return x + 0.1 * drawn + 0.1 * random.random() + 0.1 * float(np.random.rand())  # noqa: NPY002


class Frozen(nn.Module):
    """A batch norm in evaluation mode inside a module in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.frozen, self.free = plain(), nn.BatchNorm2d(1), nn.BatchNorm2d(1)
        self.frozen.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.free(self.frozen(self.conv(x)))


MODULES: dict[str, Callable[[], nn.Module]] = {
    "batch norm and dropout": exact,
    "spectral norm": lambda: torch.nn.utils.parametrizations.spectral_norm(plain()),
    "old weight norm by hooks": lambda: nn.Sequential(
        plain(), nn.Dropout(), nn.InstanceNorm2d(1, track_running_stats=True)
    ),
    "state kept between calls": lambda: nn.Sequential(plain(), Counter()),
    "weights merged for evaluation": Merging,
    "random numbers of every generator": lambda: nn.Sequential(plain(), Noisy()),
    "a frozen part": Frozen,
}


def trained(build: Callable[[], nn.Module], *, every: int) -> dict[str, Any]:
    """Everything that 20 steps of Adam leave; every: steps between measurements, 0: none."""
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    module = build()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    watch = EquivarianceMonitor(
        module, in_type=IMAGES, out_type=lambda g, y: y, every=every or 1, log=lambda values: None
    )
    for step in range(20):
        loss = module(images(step)).square().mean()
        if every:
            watch(step, images(step))  # between forward and backward, where it could do the most harm
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if every:
            watch(step, images(step))
    own = [
        value.get_state()
        for part in module.modules()
        for value in vars(part).values()
        if isinstance(value, torch.Generator)
    ]
    kept = [(part.calls, part.hidden, part.seen) for part in module.modules() if isinstance(part, Counter)]
    return {
        "state": dict(module.state_dict()),
        "optimizer": optimizer.state_dict()["state"],
        "modes": [part.training for part in module.modules()],
        "gradients": {name: value.grad for name, value in module.named_parameters()},
        "random": [torch.get_rng_state(), random.getstate(), np.random.get_state()[1], own],  # noqa: NPY002
        "kept": kept,
    }


def assert_same(first: Any, second: Any, path: str = "") -> None:
    """Trees of tensors, arrays and numbers that agree bit by bit."""
    if isinstance(first, Tensor | np.ndarray):
        assert torch.equal(torch.as_tensor(first), torch.as_tensor(second)), path
    elif isinstance(first, dict):
        assert first.keys() == second.keys(), path
        for key, value in first.items():
            assert_same(value, second[key], f"{path}/{key}")
    elif isinstance(first, list | tuple):
        assert len(first) == len(second), path
        for place, (one, other) in enumerate(zip(first, second, strict=True)):
            assert_same(one, other, f"{path}/{place}")
    else:
        assert first == second, path


@pytest.mark.parametrize("build", MODULES.values(), ids=MODULES)
def test_a_monitored_training_is_bit_by_bit_one_without(build):
    assert_same(trained(build, every=1), trained(build, every=0))


def test_two_runs_of_one_seed_log_the_same_and_a_step_does_not_depend_on_those_before():
    def rows(every: int, **options: Any) -> dict[int, dict[str, float]]:
        found: dict[int, dict[str, float]] = {}
        watch = monitor(plain(), found.__setitem__, every=every, **options)
        for step in range(12):
            torch.rand(step)  # other draws from torch's own generator
            watch(step, images(step))
        return found

    all_ = rows(1)
    assert rows(1) == all_
    assert rows(4) == {step: all_[step] for step in (0, 4, 8)}
    other = rows(4, seed=1)
    assert all(other[step] != all_[step] for step in other)


def test_an_error_of_the_module_comes_with_a_note_and_all_is_put_back():
    module = nn.Sequential(exact(), nn.Flatten(), nn.Linear(1, 1))
    before = copy.deepcopy(module.state_dict())
    watch = monitor(module, in_type=IMAGES, out_type=Invariant(), every=5)
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="mat1 and mat2") as caught:
        watch(15, images())
    assert "EquivarianceMonitor asked about the module at step 15" in caught.value.__notes__[0]
    assert all(part.training for part in module.modules())
    assert_same(dict(module.state_dict()), dict(before))
    assert torch.equal(torch.get_rng_state(), state)


def test_an_error_at_a_turned_input_alone_is_raised_too():
    x = images(batch=1)

    def picky(y: Tensor) -> Tensor:
        if not torch.equal(y.sort().values, x.sort().values):  # rows have moved
            raise ValueError("not this way up")
        return y

    with pytest.raises(ValueError, match="not this way up"):
        monitor(picky).measure(0, x)


# Parallel and compiled modules


def test_a_compiled_module_is_asked_as_it_was_written():
    calls = []

    def backend(graph: torch.fx.GraphModule, inputs: list[Tensor]) -> Callable[..., Any]:
        calls.append(len(inputs))
        return graph.forward

    torch.compiler.reset()
    whole = torch.compile(plain(), backend=backend)
    part = nn.Sequential(torch.compile(plain(), backend=backend), plain(2))
    here = plain()
    here.compile(backend=backend)
    for module in (whole, part, here):
        module(images())
        compiled = len(calls)
        assert monitor(module).measure(0, images())["equivariance/worst"] > 0.1
        module(images())
        assert len(calls) == compiled
    assert compiled > 0
    torch.compiler.reset()


def test_a_function_that_calls_a_parallel_module_is_refused(tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        parallel = nn.parallel.DistributedDataParallel(plain())
        with refused(SettingError, "module", got="one that calls a DistributedDataParallel", hint="use its .module"):
            monitor(lambda x: parallel(x))
        assert monitor(parallel).module is parallel.module
    finally:
        torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What two real processes of one training leave, by who was monitored."""
    folder = tmp_path_factory.mktemp("ddp")
    known = os.environ | ({"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {})
    started = [
        subprocess.Popen(
            [sys.executable, str(HERE / "monitor_ddp.py"), str(rank), str(folder)],
            env=known,
            text=True,
            stderr=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    try:
        errors = [process.communicate(timeout=150)[1] for process in started]
        assert [process.returncode for process in started] == [0, 0], "\n".join(errors)
    finally:
        for process in started:
            process.kill()
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


@pytest.mark.slow
@pytest.mark.parametrize("who", list(MONITORED))
def test_any_of_two_processes_may_be_monitored_alone(processes, who):
    for rank, found in enumerate(processes):
        assert_same(found[who]["state"], found["none"]["state"])
        assert found[who]["calls"] == STEPS
        rows = found[who]["rows"]
        assert [row["step"] for row in rows] == ([0, 0, 2, 2, 4, 4] if rank in MONITORED[who] else [])
        assert all(row["equivariance/worst"] < 1e-5 for row in rows)
    zero, one = (found[who]["state"] for found in processes)
    for name, value in zero.items():
        assert torch.equal(value, one[name]) or "running" in name  # statistics are those of half a batch


@pytest.mark.slow
def test_batch_norm_over_all_processes_is_asked_by_one_of_them(processes):
    zero, one = (found["synchronised"] for found in processes)
    (row,) = zero["rows"]
    assert row["equivariance/worst"] < 1e-5
    assert zero["training"]  # it is in training mode again
    assert_same(zero["state"], one["state"])


# What is refused


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("every", 0, "at least 1"),
        ("samples", 0, "at least 1"),
        ("elements", 1.5, "an integer"),
        ("seed", -1, "at least 0"),
        ("log", 3, "a function"),
    ],
)
def test_settings_that_make_no_sense_are_refused_at_once(setting, value, expected):
    with refused(SettingError, setting, expected=expected, got=value):
        monitor(plain(), **{setting: value})


def test_types_that_do_not_fit_are_refused_as_the_check_does():
    with refused(FieldTypeError, "in_type", expected="because Conv2d carries no in_type"):
        EquivarianceMonitor(plain(), log=print).measure(0, images())
    with refused(GroupError, "group", expected="because no type names one", got="none"):
        monitor(plain(), in_type=Invariant(), out_type=Invariant()).measure(0, images())
    with refused(ActionError, "in_type", expected="act(identity, x) = x"):
        monitor(plain(), in_type=lambda g, x: x + 1, group=eq.groups.p4).measure(0, images())

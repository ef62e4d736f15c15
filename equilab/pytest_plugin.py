"""The check in pytest: the fixture `assert_equivariant`, the marker `equivariant`, the option `--equivariance-report`.

Loaded in every run of pytest where equilab is installed, so torch is imported only when a test asks for the check.
"""

import functools
import inspect
import json
import math
import unittest
from collections.abc import Callable, Generator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from equilab.errors import DataError
from equilab.files import append_to, write_atomically

if TYPE_CHECKING:
    from equilab.check import Report

MARKER = "equivariant"
_RUNNING = pytest.StashKey[list[pytest.Item]]()  # of a config: the tests that run, the innermost last
_ENTRIES = pytest.StashKey[list[dict[str, Any]]]()  # of a test: its checks, as they are written
_BROKEN = pytest.StashKey[BaseException]()  # of a test: what its marker raised


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("equilab").addoption(
        "--equivariance-report",
        metavar="FILE.json",
        help="write what every equivariance check of the fixture assert_equivariant and the marker equivariant found",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*inputs, in_type=..., out_type=..., group=..., **options): the test returns a module, or (module, "
        "input, ...), which must be equivariant; inputs are tensors or shapes, options those of eq.check.equivariance",
    )
    config.stash[_RUNNING] = []
    name = config.getoption("--equivariance-report")
    is_worker = hasattr(config, "workerinput")  # of pytest-xdist, which sends its checks with the reports of tests
    if name and not is_worker and not config.getoption("--collect-only"):
        config.pluginmanager.register(_Writer(config.invocation_params.dir / name), "equivariance_report")


@pytest.fixture(scope="session")
def assert_equivariant(request: pytest.FixtureRequest) -> "Callable[..., Report]":
    """eq.check.assert_equivariant, whose reports go into the file of --equivariance-report."""
    running = request.config.stash[_RUNNING]

    def assert_equivariant(fn: Callable[..., Any], *inputs: Any, **options: Any) -> "Report":
        __tracebackhide__ = True
        report = _checked(running[-1], fn, inputs, options)
        if not report.passed:
            raise _error(report)
        return report

    return assert_equivariant


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """A marked test runs as any other, and what it returns is checked, not warned about."""
    __tracebackhide__ = True
    if pyfuncitem.get_closest_marker(MARKER) is None:
        return (yield)
    test, returned = pyfuncitem.obj, []
    inputs, options = _asked(pyfuncitem)

    @functools.wraps(test)
    def returns_nothing(*arguments: Any, **named: Any) -> None:
        __tracebackhide__ = True
        returned.append(test(*arguments, **named))

    pyfuncitem.obj = returns_nothing
    try:
        called = yield
    finally:
        pyfuncitem.obj = test
    fn, inputs = _question(returned, inputs, options)
    report = _checked(pyfuncitem, fn, inputs, options)
    if not report.passed:
        pyfuncitem.stash[_BROKEN] = _error(report)
        raise pyfuncitem.stash[_BROKEN]
    return called


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuses the marker where it would be passed over."""
    if item.get_closest_marker(MARKER) is None:
        return
    if not isinstance(item, pytest.Function) or (item.cls is not None and issubclass(item.cls, unittest.TestCase)):
        _refuse(f"expected it on a test function, got {type(item).__name__} {item.name}")
    if inspect.iscoroutinefunction(item.obj):
        _refuse("expected a plain function, got a coroutine")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    item.stash[_ENTRIES] = []
    item.config.stash[_RUNNING].append(item)
    try:
        return (yield)
    finally:
        item.config.stash[_RUNNING].pop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    is_ours = call.excinfo is not None and call.excinfo.value is item.stash.get(_BROKEN, None)
    if is_ours and report.failed and item.config.getoption("tbstyle") != "no":
        assert call.excinfo is not None
        report.longrepr = call.excinfo.getrepr(style="value")  # the table: no line of the test is to blame
    if call.when == "teardown" and item.stash[_ENTRIES]:
        report.__dict__[MARKER] = item.stash[_ENTRIES]  # what is in there is sent by workers, too
    return report


class _Writer:
    """Collects the checks of all tests, from all workers, and writes the file."""

    def __init__(self, path: Path):
        self.path = path
        self.entries: list[dict[str, Any]] = []
        try:
            append_to(path).close()
        except (OSError, DataError) as error:
            reason = error.got if isinstance(error, DataError) else error.strerror
            raise pytest.UsageError(
                f"--equivariance-report: expected a file that can be written, got {path} ({reason}); name one "
                "in a folder that exists"
            ) from error

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.entries += report.__dict__.get(MARKER, [])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        ordered = sorted(self.entries, key=lambda entry: entry["test"])
        write_atomically(self.path, json.dumps(ordered, indent=1, allow_nan=False).encode() + b"\n")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.write_line(f"equivariance report: {len(self.entries)} checks in {self.path}")


def _asked(item: pytest.Function) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The inputs and options of the markers of a test: those of its module and class, where it has none of its own."""
    from equilab.check import equivariance

    inputs: tuple[Any, ...] = ()
    options: dict[str, Any] = {}
    for mark in item.iter_markers(MARKER):  # the closest first
        inputs, options = inputs or mark.args, {**mark.kwargs, **options}
    known = [name for name in inspect.signature(equivariance).parameters if name not in ("fn", "inputs")]
    for name in options:
        if name not in known:
            _refuse(f"expected options among {', '.join(known)}, got {name}")
    return inputs, options


def _question(
    returned: list[Any], inputs: tuple[Any, ...], options: dict[str, Any]
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The module and the inputs that a test returned, or that its marker names."""
    found = returned[0] if returned else None
    fn, own = (found[0], tuple(found[1:])) if isinstance(found, tuple) and found else (found, ())
    if not callable(fn):
        _refuse(f"expected the test to return a module, or (module, input, ...), got {type(found).__name__}")
    if own and inputs:
        _refuse("expected inputs in the marker or in what the test returns, got both")
    if not own and not inputs:
        _refuse(f"expected inputs, got none: @pytest.mark.{MARKER}((4, 3, 33, 33)), or return (module, x)")
    return fn, own or _drawn(inputs, fn, options.get("seed", 0))


def _drawn(inputs: tuple[Any, ...], fn: Any, seed: int) -> tuple[Any, ...]:
    """The inputs of a marker, with normal numbers in the dtype and on the device of the module for every shape."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    parameters = (
        (each for each in fn.parameters() if each.is_floating_point()) if isinstance(fn, torch.nn.Module) else ()
    )
    like = next(iter(parameters), torch.empty(()))

    def drawn(each: Any) -> Any:
        if not isinstance(each, tuple) or not each or not all(type(size) is int for size in each):
            return each
        return torch.randn(each, generator=generator).to(like)

    return tuple(map(drawn, inputs))


def _checked(item: pytest.Item, fn: Callable[..., Any], inputs: tuple[Any, ...], options: dict[str, Any]) -> "Report":
    """The report of a check, noted for the file."""
    from equilab.check import equivariance

    report = equivariance(fn, *inputs, **options)
    elements = [{name: _plain(value) for name, value in asdict(each).items()} for each in report.elements]
    numbers = {name: _plain(value) for name, value in report.to_dict(prefix="").items()}
    names = {"test": item.nodeid, "subject": report.subject, "group": report.group}
    item.stash[_ENTRIES].append({**names, **numbers, "elements": elements})
    return report


def _plain(value: Any) -> Any:
    """A value as JSON has it: null for what is no finite number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _error(report: "Report") -> Exception:
    from equilab.errors import EquivarianceError

    return EquivarianceError("fn", expected="PASS", got=str(report.verdict), message=str(report))


def _refuse(message: str) -> NoReturn:
    __tracebackhide__ = True
    pytest.fail(f"pytest.mark.{MARKER}: {message}", pytrace=False)

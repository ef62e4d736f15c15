"""Imports go down the floors of the design, never up, and heavy packages stay in the one module that needs them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# From the ground up; siblings on one floor use each other's public names only.
FLOORS = (
    {"equilab.errors", "equilab.optimizers"},
    {"equilab.groups"},
    {"equilab.latents", "equilab.data", "equilab.functional", "equilab.check"},
    {"equilab.metrics", "equilab.nn", "equilab.pytest_plugin"},
    {"equilab.interop"},
    {"equilab.models"},
    {"equilab.objectives"},
    {"training"},
    {"configs"},
)
FILES = sorted(path for top in ("equilab", "training", "configs") for path in (ROOT / top).rglob("*.py"))


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path) for path in FILES}


def place(module: str) -> str:
    """The floor's entry that a module belongs to: equilab.data for equilab.data.render."""
    return module.split(".")[0] if not module.startswith("equilab.") else ".".join(module.split(".")[:2])


def height(module: str) -> int | None:
    return next((index for index, floor in enumerate(FLOORS) if place(module) in floor), None)


def imports(path: Path) -> list[tuple[str, ast.AST]]:
    """Every module that a file imports, wherever the import stands."""
    found: list[tuple[str, ast.AST]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, node) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import; name the module in full"
            found.append((node.module or "", node))
            submodules = (f"{node.module}.{alias.name}" for alias in node.names)
            found += [(name, node) for name in submodules if name in MODULES]
    return found


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_go_down(path):
    module = module_of(path)
    if module == "equilab":
        return  # the front door names every floor
    here = height(module)
    assert here is not None, f"{module} stands on no floor: add it to FLOORS"
    for name, _ in imports(path):
        there = height(name)
        assert there is None or there <= here, f"{module} imports {name}, which is on a higher floor"
        siblings = there == here and place(name) != place(module)
        assert not siblings or name == place(name), f"{module} imports {name}, an internal module of a sibling"


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("wandb", {"training.log"}),
        ("escnn", {"equilab.interop.load_escnn"}),
        ("e3nn", {"equilab.check.actions.euclidean", "equilab.interop.e3nn"}),
        ("matplotlib", set()),
    ],
)
def test_fragile_packages_are_imported_in_one_module(package, allowed):
    users = {module_of(path) for path in FILES for name, _ in imports(path) if name.split(".")[0] == package}
    assert users == allowed


def test_scikit_learn_is_for_metrics_and_its_own_digits():
    users = {module_of(path) for path in FILES for name, _ in imports(path) if name.split(".")[0] == "sklearn"}
    assert {place(user) for user in users} <= {"equilab.metrics", "equilab.data"}
    assert [user for user in users if user.startswith("equilab.data.")] == ["equilab.data.rotated_digits"]


@pytest.mark.parametrize("statement", ["import equilab", "import equilab.data, equilab.metrics, equilab.objectives"])
def test_import_equilab_loads_nothing_heavy(statement):
    heavy = ("escnn", "e3nn", "sklearn", "scipy", "wandb", "matplotlib")
    program = f"import sys; {statement}; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_there_is_no_import_circle():
    graph = {module_of(path): {name for name, node in imports(path)} for path in FILES}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        if module in trail:
            circle = " -> ".join((*trail[trail.index(module) :], module))
            raise AssertionError(f"import circle: {circle}")
        if module in done or module not in graph or module == "equilab":  # the front door imports when it is used
            return
        for name in graph[module]:
            visit(name, (*trail, module))
        done.add(module)

    for module in graph:
        visit(module, ())

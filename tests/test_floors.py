"""Imports go down the floors of the design, never up, and heavy packages stay in the one module that needs them."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import equilab.latents
from equilab.latents import Block

ROOT = Path(__file__).resolve().parents[1]
# From the ground up; siblings on one floor use each other's public names only.
FLOORS = (
    {
        "equilab.errors",
        "equilab.files",
        "equilab.output",
        "equilab.archives",
        "equilab.tables",
        "equilab.noise",
        "equilab.keys",
        "equilab.schedules",
        "equilab.optimizers",
    },
    {"equilab.groups"},
    {"equilab.latents", "equilab.data", "equilab.functional", "equilab.check"},
    {"equilab.metrics", "equilab.nn", "equilab.pytest_plugin"},
    {"equilab.interop"},
    {"equilab.models"},
    {"equilab.objectives"},
    {"equilab.runs"},
    {"equilab.__main__"},
    {"training", "configs"},
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


def offence(module: str, name: str) -> str:
    """What is wrong with the import of `name` in `module`; empty where nothing is."""
    here, there = height(module), height(name)
    if here is None:
        return f"{module} stands on no floor: add it to FLOORS"
    if there is None or there < here or place(name) == place(module):
        return ""
    if there > here:
        return f"{module} imports {name}, which is on a higher floor"
    return "" if name == place(name) else f"{module} imports {name}, an internal module of a sibling"


def test_imports_go_down():
    modules = ((module_of(path), path) for path in FILES)
    found = [
        offence(module, name)
        for module, path in modules
        if module != "equilab"  # the front door names every floor
        for name in (module, *(name for name, _ in imports(path)))
    ]
    assert not [sentence for sentence in dict.fromkeys(found) if sentence]


def test_an_import_that_goes_up_or_into_a_sibling_is_an_offence():
    assert "higher floor" in offence("equilab.schedules", "equilab.groups")
    assert "higher floor" in offence("equilab.objectives.vae", "equilab.runs.run")
    assert "internal module of a sibling" in offence("equilab.latents.circle", "equilab.data.factors")
    assert "on no floor" in offence("equilab.novelty", "equilab.novelty")
    assert not offence("equilab.latents.circle", "equilab.groups.functions")
    assert not offence("equilab.data.sampling.feed", "equilab.noise")


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("wandb", {"equilab.runs.sinks.wandb_sink", "equilab.runs.sinks.wandb_server_state"}),
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


def names_in(path: Path) -> set[str]:
    """Every identifier and every string of a file's code, docstrings left out."""
    tree, found = ast.parse(path.read_text()), set[str]()
    texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            found |= {node.value} if isinstance(node.value, str) and id(node) not in texts else set()
        found |= {
            word
            for field in ("id", "attr", "name", "asname", "arg")
            if isinstance(word := getattr(node, field, 0), str)
        }
    return found


def words_in(path: Path) -> set[str]:
    """The words of these names in lower case: of metrics.circle_codes metrics, circle and codes."""
    return set(re.split(r"[^a-z0-9]+", " ".join(names_in(path)).lower()))


def test_only_the_latents_know_which_manifolds_there_are():
    """A block that is not Gaussian reaches models, objectives, metrics and pictures without being named there."""
    blocks = {
        value.__name__
        for value in vars(equilab.latents).values()
        if inspect.isclass(value) and issubclass(value, Block)
    }
    blocks -= {"Block", "Gaussian"}
    assert "Circle" in blocks
    blocks = {name.lower() for name in blocks}
    users = {
        path.relative_to(ROOT).as_posix(): sorted(found)
        for path in FILES
        if place(module_of(path)) not in ("equilab.latents", "equilab.check", "configs")  # check draws circles
        and (found := words_in(path) & blocks)
    }
    assert users == {}


def test_few_files_know_that_a_posterior_has_log_variances():
    """Those of the Gaussian block, a metric that is Gaussian by its definition, and the file of codes."""
    users = {path.relative_to(ROOT).as_posix() for path in FILES if "log_var" in path.read_text()}
    outside = {user for user in users if not user.startswith("equilab/latents/")}
    assert outside == {"equilab/metrics/supervised/kde_mig.py", "equilab/metrics/codes_file.py"}
    assert len(users) <= 8


def test_there_is_no_import_circle():
    graph = {module_of(path): {name for name, node in imports(path)} for path in FILES}
    del graph["equilab"]  # the front door, which imports a subpackage when it is first used
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

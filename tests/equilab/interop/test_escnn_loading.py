"""escnn is loaded late, mended, and where it is missing the error says how to install it."""

import subprocess
import sys
from importlib.util import find_spec

import pytest
from escnn_cases import needs_escnn

from equilab.interop.escnn import load_escnn

LINES = ('pip install "equilab[escnn]"', "pip install --no-deps escnn==1.0.11")
CALLS = """
import sys; sys.modules[{hidden!r}] = None
import equilab as eq
there = eq.interop.escnn
for call in (lambda: there.load_escnn(), lambda: there.to_escnn(eq.groups.p4.trivial), lambda: there.from_escnn(None),
             lambda: there.wrap_module(None)):
    try:
        call()
    except ModuleNotFoundError as error:
        print(error)
"""
MENDED = """
import warnings; warnings.simplefilter("ignore")
import escnn.group
from escnn.group._numerical import find_intertwiner_basis_sylvester
irrep = escnn.group.o2_group().irrep(1, 1)
samples = [irrep(escnn.group.o2_group().element(g, "radians")) for g in ((0, 1.0), (1, 0.5))]
try:
    find_intertwiner_basis_sylvester(samples, samples)
except TypeError as error:
    print(error)
warnings.simplefilter("error")
from equilab.interop.escnn import load_escnn; load_escnn()
print(find_intertwiner_basis_sylvester(samples, samples).shape)
"""


def run(program: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=False)


@pytest.mark.parametrize("hidden", ["escnn", pytest.param("lie_learn", marks=pytest.mark.slow)])
def test_without_escnn_every_call_says_how_to_install_it(hidden):
    if hidden == "lie_learn" and find_spec("escnn") is None:
        pytest.skip("escnn is not installed, so none of its helpers can be missing")
    shown = run(CALLS.format(hidden=hidden))
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count(f"needs escnn, and there is no module named {hidden!r}") == 4
    assert all(shown.stdout.count(line) == 4 for line in LINES)


def test_looking_at_the_modules_loads_neither_library():
    program = "import sys, equilab as eq; eq.interop; print('e3nn' in sys.modules); eq.interop.escnn.to_escnn; "
    assert run(program + "print('escnn' in sys.modules)").stdout.split() == ["False", "False"]


def test_an_unknown_module_lists_those_there_are():
    import equilab.interop

    with pytest.raises(AttributeError, match="it has e3nn, escnn"):
        equilab.interop.e2cnn  # noqa: B018


@needs_escnn
def test_coefficients_are_found_once_escnn_is_loaded_from_here():
    group = load_escnn().group.o2_group()
    irrep = group.irrep(1, 1)
    samples = [irrep(group.element(g, "radians")) for g in ((0, 1.0), (1, 0.5))]
    assert load_escnn().group._numerical.find_intertwiner_basis_sylvester(samples, samples).shape == (4, 1)


@needs_escnn
@pytest.mark.slow
def test_the_scikit_learn_fault_is_there_and_is_mended_without_a_warning():
    shown = run(MENDED)
    assert shown.returncode == 0, shown.stderr
    *before, after = shown.stdout.strip().splitlines()
    assert after == "(4, 1)"
    if not before:
        pytest.skip("this escnn, or this scikit-learn, does not show the fault")
    assert "np.matrix is not supported" in before[0]

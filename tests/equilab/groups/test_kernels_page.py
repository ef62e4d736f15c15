"""The page on kernels: its snippets run, and its tables are those that the code makes."""

import re
from pathlib import Path

import pytest

from equilab.groups import C, D, kernel_space
from equilab.groups.rings import rings
from tests.benchmarks.bench_steerable import TYPES, layer_error

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "kernels.md").read_text()
SIZES = (1, 2, 3, 4, 5, 7)
PAIRS = [
    (C(4), C(4).regular, C(4).regular, "4 k^2"),
    (C(4), C(4).trivial, C(4).trivial, "(k^2 + 3) / 4 odd, k^2 / 4 even"),
    (C(4), C(4).trivial, C(4).regular, "k^2"),
    (C(4), C(4).trivial, C(4).irrep(1), "(k^2 - 1) / 2 odd, k^2 / 2 even"),
    (C(4), C(4).irrep(1), C(4).irrep(1), "k^2 + 1 odd, k^2 even"),
    (C(4), C(4).regular, C(4).quotient(C(2)), "2 k^2"),
    (D(4), D(4).regular, D(4).regular, "8 k^2"),
    (D(4), D(4).trivial, D(4).trivial, "(k^2 + 4 k + 3) / 8 odd, (k^2 + 2 k) / 8 even"),
    (D(4), D(4).trivial, D(4).irrep(1), "(k^2 - 1) / 4 odd, k^2 / 4 even"),
    (D(1), D(1).trivial, D(1).trivial, "k (k + 1) / 2 odd, k^2 / 2 even"),
]


def by_formula(formula: str, k: int) -> int:
    """The number that "A odd, B even" says for k."""
    terms = {words.split()[-1]: words.rsplit(" ", 1)[0] for words in formula.split(", ")} if "," in formula else {}
    text = terms["odd" if k % 2 else "even"] if terms else formula
    python = re.sub(r"(\d|k) (?=[k(])", r"\1 * ", text.replace("k^2", "k**2"))
    return round(eval(python, {"k": k}))


def dimensions() -> str:
    lines = ["| group | from | to | " + " | ".join(f"k = {k}" for k in SIZES) + " | |", "|---" * (len(SIZES) + 4) + "|"]
    for group, rho_in, rho_out, formula in PAIRS:
        found = [str(len(kernel_space(group, rho_in, rho_out, k))) for k in SIZES]
        lines.append("| " + " | ".join([str(group), rho_in.name, rho_out.name, *found, formula]) + " |")
    return "\n".join(lines)


def band_limits() -> str:
    lines = ["| kernel | radius, pixels: highest frequency |", "|---|---|"]
    for size in (2, 3, 4, 5, 7):
        each = ", ".join(f"{ring.radius:g}: {ring.max_frequency}" for ring in rings(size))
        lines.append(f"| {size} x {size} | {each} |")
    return "\n".join(lines)


def test_the_snippets_run_in_the_order_of_the_page():
    names: dict = {}
    snippets = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    for snippet in snippets:
        exec(compile(snippet, "docs/kernels.md", "exec"), names)
    assert len(snippets) == 2


def test_the_table_of_dimensions_is_made_by_the_code():
    assert dimensions() in PAGE


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]} {pair[1].name} {pair[2].name}")
def test_the_formulas_of_the_table_hold(pair):
    group, rho_in, rho_out, formula = pair
    for k in SIZES:
        assert len(kernel_space(group, rho_in, rho_out, k)) == by_formula(formula, k)


def test_the_table_of_rings_is_made_by_the_code():
    assert band_limits() in PAGE


@pytest.mark.parametrize("name", TYPES)
def test_the_errors_of_steerable_layers_are_those_of_the_page(name):
    in_type, out_type = TYPES[name]
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {name} | 5 x 5 "))
    exact, between = row.split("|")[3:5]
    group = in_type.group
    assert "e-16" in exact
    assert layer_error(in_type, out_type, 5, group.element("1/4"), 16.0) < 3e-15
    stated, at_8_pixels = (float(number) for number in re.findall(r"[\d.]+e-\d+", between))
    assert layer_error(in_type, out_type, 5, group.element("1/8"), 16.0) == pytest.approx(stated, rel=0.03)
    assert at_8_pixels < 0.03

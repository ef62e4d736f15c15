"""The check in pytest: real test files are run, with the fixture, the marker and the report."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import hypothesis
import pytest

import equilab as eq

pytest_plugins = ["pytester"]
LOADED = (eq.check, eq.nn, eq.groups, hypothesis)  # a run in this process forgets what it imports itself
HEAD = """
    import pytest, torch
    import equilab as eq

    G = eq.groups.p4
    ONE, TWO = 1 * G.trivial, 2 * G.regular
    x = torch.randn(2, 1, 7, 7, generator=torch.Generator().manual_seed(0))

    def conv():
        return eq.nn.GroupConv2d(ONE, TWO, 3, generator=torch.Generator().manual_seed(0))

    def plain():
        torch.manual_seed(0)
        return torch.nn.Conv2d(1, 8, 3)
"""


@pytest.fixture
def run(pytester):
    """Runs a test file that begins with HEAD; warnings and unknown markers are errors, as in this library."""

    def run(text, *options, is_apart=False):
        pytester.makepyfile(test_it=dedent(HEAD) + dedent(text))
        start = pytester.runpytest_subprocess if is_apart else pytester.runpytest_inprocess
        return start("-W", "error", "--strict-markers", "-p", "no:cacheprovider", *options)

    return run


def report_of(pytester, name="report.json"):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads((pytester.path / name).read_text(), parse_constant=refuse)


def test_a_marked_test_passes_with_what_it_returns(run):
    result = run("""
        @pytest.mark.equivariant
        def test_module_and_input():
            return conv(), x

        @pytest.mark.equivariant((2, 1, 7, 7))
        def test_module_and_shape():
            return conv()

        @pytest.mark.equivariant(x)
        def test_module_and_tensor():
            return conv()

        @pytest.mark.equivariant((2, 1, 7, 7), in_type=ONE, out_type=TWO)
        def test_function():
            inside = conv()
            return lambda x: inside(x).relu()

        class TestClass:
            @pytest.mark.equivariant((4, 3), (4, 3), in_type=(eq.check.Permute(0),) * 2, out_type=eq.check.Permute(0))
            def test_method(self):
                return torch.add
    """)
    result.assert_outcomes(passed=5)


def test_a_broken_module_fails_with_the_table_and_nothing_else(run):
    result = run("""
        @pytest.mark.equivariant(x, in_type=ONE, out_type=TWO)
        def test_broken():
            return plain()
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*FAIL  Conv2d under C4", "*exact elements", "*turn 1/4*error*%*", "*cause:*", "*EquivarianceError: FAIL*"]
    )
    result.stdout.no_fnmatch_line("*pytest_plugin*")
    result.stdout.no_fnmatch_line("*hidden*")


def test_a_known_break_can_be_expected(run):
    result = run("""
        @pytest.mark.xfail(raises=eq.errors.EquivarianceError, strict=True)
        @pytest.mark.equivariant(x, in_type=ONE, out_type=TWO)
        def test_broken():
            return plain()

        @pytest.mark.xfail(raises=eq.errors.EquivarianceError, strict=True)
        @pytest.mark.equivariant(x)
        def test_sound():
            return conv()
    """)
    result.assert_outcomes(xfailed=1, failed=1)


def test_markers_of_a_module_and_a_class_hold_for_their_tests(run):
    result = run("""
        pytestmark = pytest.mark.equivariant(x, in_type=ONE, out_type=ONE)

        def test_as_the_module():
            return torch.nn.ReLU()

        @pytest.mark.equivariant(out_type=TWO)
        class TestOther:
            def test_as_the_class(self):
                return plain()

            @pytest.mark.equivariant(in_type=3 * G.trivial)
            def test_the_closest_counts(self):
                return plain()
    """)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*FAIL  Conv2d under C4", "*ShapeError*C4[[]3[*]trivial]*"])


def test_parameters_and_fixtures_come_into_a_marked_test(run):
    result = run("""
        @pytest.fixture
        def size():
            return 3

        @pytest.mark.equivariant((2, 1, 9, 9))
        @pytest.mark.parametrize("name", ["C2", "C4", "D4"])
        def test_groups(name, size):
            group = getattr(eq.groups, name)
            return eq.nn.GroupConv2d(1 * group.trivial, 1 * group.regular, size)
    """)
    result.assert_outcomes(passed=3)


def test_shapes_are_drawn_in_the_precision_of_the_module_from_the_seed(run):
    result = run("""
        seen = []

        class Watched(torch.nn.Linear):
            def forward(self, x):
                seen.append(x[0, 0].item())
                assert x.dtype == self.weight.dtype
                return super().forward(x)

        @pytest.mark.equivariant((4, 3), in_type=eq.check.Permute(0), out_type=eq.check.Permute(0))
        @pytest.mark.parametrize("seed", [pytest.param(s, marks=pytest.mark.equivariant(seed=s)) for s in (1, 2)])
        def test_twice(seed):
            return Watched(3, 2).double()

        def test_seen():
            for seed in (1, 2):
                expected = torch.randn(4, 3, generator=torch.Generator().manual_seed(seed))[0, 0].item()
                assert expected in seen
    """)
    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(x, typ=ONE)\ndef test(): return conv()", "expected options among in_type, out_type, *, got typ"),
        ("(x)\ndef test(): conv()", "expected the test to return a module, or (module, input, ...), got NoneType"),
        ("(x)\ndef test(): return x", "expected the test to return a module, or (module, input, ...), got Tensor"),
        ("(x)\ndef test(): return ()", "expected the test to return a module, or (module, input, ...), got tuple"),
        ("()\ndef test(): return conv()", "expected inputs, got none: @pytest.mark.equivariant((4, 3, 33, 33))*"),
        ("(x)\ndef test(): return conv(), x", "expected inputs in the marker or in what the test returns, got both"),
        ("(x)\nasync def test(): return conv()", "expected a plain function, got a coroutine"),
        ("(x)\nclass Test(__import__('unittest').TestCase):\n  def test_it(self): pass", "expected it on a test func*"),
    ],
    ids=["option", "nothing", "tensor", "empty", "no inputs", "inputs twice", "coroutine", "unittest"],
)
def test_wrong_use_says_what_to_do(run, text, message):
    result = run("@pytest.mark.equivariant" + text)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"pytest.mark.equivariant: {message.replace('[', '[[]')}"])


def test_an_unknown_option_is_found_before_the_test_runs(run):
    result = run("""
        @pytest.mark.equivariant(x, grup=G)
        def test_slow():
            print("it ran")
            return conv()
    """)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*it ran*")


def test_what_a_marked_test_raises_is_shown_where_it_is(run):
    result = run("""
        @pytest.mark.equivariant(x)
        def test_raises():
            raise KeyError("weights")

        @pytest.mark.equivariant(x)
        def test_skips():
            pytest.skip("no weights")

        @pytest.mark.equivariant(x)
        def test_asserts():
            assert x.shape == (1, 2)
            return conv()
    """)
    result.assert_outcomes(failed=2, skipped=1)
    result.stdout.fnmatch_lines(['>*raise KeyError("weights")', "E*assert torch.Size(*) == (1, 2)"])
    result.stdout.no_fnmatch_line("*pytest_plugin*")


def test_a_test_without_the_marker_is_left_to_pytest(run):
    result = run("""
        def test_returns():
            return conv()
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PytestReturnNotNoneWarning*"])


def test_the_fixture_returns_the_report_or_fails_at_the_line_that_called(run):
    result = run("""
        def test_sound(assert_equivariant):
            assert assert_equivariant(conv(), x).verdict == "PASS"

        def test_broken(assert_equivariant):
            assert_equivariant(plain(), x, in_type=ONE, out_type=TWO)
    """)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([">*assert_equivariant(plain(), x*", "E*EquivarianceError: FAIL  Conv2d under C4"])
    result.stdout.no_fnmatch_line("*pytest_plugin*")


def test_the_fixture_can_be_used_in_a_test_of_hypothesis(run):
    result = run("""
        from hypothesis import given, settings, strategies as st

        @given(size=st.integers(5, 7))
        @settings(max_examples=3, database=None, deadline=None)
        def test_sizes(assert_equivariant, size):
            assert_equivariant(conv(), torch.randn(2, 1, size, size))
    """)
    result.assert_outcomes(passed=1)


BOTH = """
    def refuses_others(y):
        assert torch.equal(y.float(), x)
        return y

    @pytest.mark.equivariant(x)
    def test_sound():
        return conv()

    def test_broken(assert_equivariant):
        assert_equivariant(conv(), x)
        assert_equivariant(refuses_others, x, in_type=ONE, out_type=ONE)

    def test_nothing():
        pass

    @pytest.fixture
    def checked(assert_equivariant):
        assert_equivariant(conv(), x)

    def test_by_its_fixture(checked):
        pass
"""


def test_the_report_has_an_entry_for_every_check_also_of_tests_that_fail(run, pytester):
    result = run(BOTH, "--equivariance-report=report.json")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["equivariance report: 4 checks in *report.json"])
    entries = report_of(pytester)
    assert [entry["test"].rpartition("::")[2] for entry in entries] == [
        "test_broken", "test_broken", "test_by_its_fixture", "test_sound"
    ]  # fmt: skip
    assert [entry["verdict"] for entry in entries] == ["PASS", "FAIL", "PASS", "PASS"]
    assert entries[1]["worst"] is None  # infinite
    sound = entries[3]
    assert (sound["subject"], sound["group"], sound["passed"]) == ("GroupConv2d", "C4", 1.0)
    assert 0 < sound["worst"] < sound["tolerance"]
    assert [element["element"] for element in sound["elements"]] == ["turn 1/4", "turn 1/2", "turn 3/4"]
    assert max(element["mean"] for element in sound["elements"]) == sound["exact"]


def test_a_report_without_checks_is_an_empty_list(run, pytester):
    run("def test_nothing(): pass", "--equivariance-report=report.json").assert_outcomes(passed=1)
    assert report_of(pytester) == []


def test_looking_at_the_tests_leaves_an_older_report_alone(run, pytester):
    run(BOTH, "--equivariance-report=report.json", "-k", "sound")
    run(BOTH, "--equivariance-report=report.json", "--collect-only")
    assert len(report_of(pytester)) == 1


@pytest.mark.slow  # three processes import torch
def test_workers_of_xdist_write_one_report(run, pytester):
    result = run(BOTH, "--equivariance-report=report.json", "-n", "2", is_apart=True)
    result.assert_outcomes(passed=3, failed=1)
    apart = report_of(pytester)
    run(BOTH, "--equivariance-report=report.json")
    names = [[(entry["test"], entry["verdict"], len(entry["elements"])) for entry in each] for each in
             (apart, report_of(pytester))]  # fmt: skip
    assert names[0] == names[1]
    assert len(names[0]) == 4


@pytest.mark.parametrize("name", ["absent/report.json", "."], ids=["no folder", "a folder"])
def test_a_report_that_cannot_be_written_is_refused_at_the_start(run, name):
    result = run(BOTH, f"--equivariance-report={name}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--equivariance-report: expected a file that can be written, got *; name one in a*"])
    result.stdout.no_fnmatch_line("*passed*")


@pytest.mark.parametrize("kind", ["a symbolic link", "a pipe, a socket or a device"])
def test_a_report_is_written_through_no_link_and_waits_for_no_pipe(run, pytester, kind):
    report, target = pytester.path / "report.json", pytester.path / "precious"
    target.write_text("kept")
    if kind == "a symbolic link":
        report.symlink_to(target)
    else:
        os.mkfifo(report)
        reader = os.open(report, os.O_RDONLY | os.O_NONBLOCK)  # else opening it to write is refused by the system
    result = run(BOTH, "--equivariance-report=report.json")
    if kind != "a symbolic link":
        os.close(reader)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--equivariance-report: expected a file that can be written, got *({kind}); *"])
    assert target.read_text() == "kept"


def test_the_marker_and_the_option_are_listed(pytester):
    pytester.runpytest_inprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.equivariant([*]inputs, in_type=*"])
    pytester.runpytest_inprocess("--help").stdout.fnmatch_lines(["*--equivariance-report=FILE.json*"])


def test_the_plugin_costs_no_import_of_torch():
    program = "import sys, equilab.pytest_plugin as p; print([m for m in ('torch', 'numpy') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.slow  # hypothesis shrinks and explains
def test_the_page_shows_what_its_tests_print(pytester):
    page = (Path(__file__).resolve().parents[3] / "docs" / "pytest.md").read_text()
    blocks = re.findall(r"```(python|text)\n(.*?)```", page, re.DOTALL)
    tests = [text for language, text in blocks if language == "python"]
    pytester.makepyfile(**{f"test_page_{place}": text for place, text in enumerate(tests)})
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--tb=long")
    result.assert_outcomes(passed=2, failed=2)
    shown = without_numbers(result.stdout.str())
    for language, text in blocks:
        if language == "text":
            assert [line for line in without_numbers(text) if not any(each.startswith(line) for each in shown)] == []


def without_numbers(text):
    """Its lines, with # for every number but a fraction: other processors round otherwise."""
    return [re.sub(r" *(?<![/\w])\d[\d.]*(e[-+]\d+)?( %)?(?![/\w])", " #", line).rstrip() for line in text.splitlines()]

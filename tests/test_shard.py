"""The shards of the tests: disjoint, complete, of like size, and the same in every process."""

from collections import Counter

import pytest

from tests.shard import Shard

pytest_plugins = ["pytester"]
SHARDS = [Shard(number, 5) for number in range(1, 6)]
QUICK = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")  # hypothesis would be imported anew by every run
CONFTEST = "from tests.shard import pytest_addoption, pytest_collection_modifyitems"
TEST_FILE = """
    import pytest

    @pytest.mark.parametrize("number", range(60))
    def test_it(number): ...

    @pytest.mark.tryfirst
    @pytest.mark.parametrize("number", range(60))
    def test_marked(number): ...
"""


@pytest.fixture
def collect(pytester):
    """What pytest prints when it collects a file of 120 tests, and the names of those that it selects."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_many=TEST_FILE)

    def collect(*options: str):
        result = pytester.runpytest_inprocess("--collect-only", "-q", *QUICK, *options)
        return result, [line for line in result.outlines if "::" in line]

    return collect


def test_five_shards_are_disjoint_and_complete(collect):
    _, every = collect()
    counts = Counter(name for shard in SHARDS for name in collect("--shard", f"{shard.number}/5")[1])
    assert len(every) == 120
    assert counts == Counter(every)


def test_a_shard_is_of_what_the_markers_select(collect):
    _, chosen = collect("-m", "tryfirst", "--shard", "1/2")
    assert 15 < len(chosen) < 45
    assert all("test_marked" in name for name in chosen)


def test_a_name_is_in_the_same_shard_in_every_process():
    names = [f"tests/test_shard.py::test_it[{number}]" for number in range(8)]
    assert [shard.number for name in names for shard in SHARDS if name in shard] == [3, 5, 4, 2, 5, 5, 1, 2]


def test_shards_are_of_like_size():
    names = [f"tests/contracts/test_layer_tools.py::test_a_layer_compiles[{number}]" for number in range(1_000)]
    assert all(150 < sum(name in shard for name in names) < 250 for shard in SHARDS)


@pytest.mark.parametrize("text", ["0/5", "6/5", "5", "-1/5", "1/5/2"])
def test_what_is_no_shard_is_refused(collect, text):
    result, _ = collect(f"--shard={text}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--shard: expected K/N with 1 <= K <= N, such as 2/5, got '{text}'"])

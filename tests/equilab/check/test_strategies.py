"""What fails shrinks to the simplest that does: a generator, one pixel, one field, a small group."""

import subprocess
import sys

import pytest
import torch
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import equilab as eq
from equilab.check import Permutations, Translations, Verdict
from equilab.check.strategies import field_types, groups, image_shapes, inputs, words
from equilab.errors import GroupError, SettingError
from equilab.groups import C1, C4, D4, SO2, C, Element
from tests.refused import refused

QUICK = settings(
    max_examples=200, database=None, deadline=None, derandomize=True, phases=[Phase.generate, Phase.shrink]
)
SMALL = settings(QUICK, max_examples=25)


def shrunk(strategy, is_broken):
    return find(strategy, is_broken, settings=settings(QUICK, max_examples=1000))


class BrokenForMirrors(torch.nn.Module):
    """Turns of an image leave it what it is; a mirror does not."""

    def forward(self, x):
        turns = [x.rot90(k, (2, 3)) for k in range(4)]
        ramp = torch.arange(x.shape[-1], dtype=x.dtype)
        return torch.stack([(turn * ramp * ramp[:, None] ** 3).sum((2, 3)) for turn in turns]).sum(0)


class BrokenAtOnePixel(torch.nn.Module):
    def forward(self, x):
        weight = torch.ones_like(x[0])
        weight[0, 1, 3] = 1.5
        return x * weight


def breaks(module, word, x):
    kind = x.shape[1] * word.symmetry.group.trivial
    found, expected = module(kind.act(word.element, x)), module(x)
    expected = kind.act(word.element, expected) if expected.ndim == 4 else expected
    return not torch.allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_a_layer_broken_for_mirrors_shrinks_to_the_mirror():
    x = torch.randn(1, 1, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert not any(breaks(BrokenForMirrors(), word, x) for word in (shrunk(words(C4), lambda _: True),))
    word = shrunk(words(D4), lambda word: breaks(BrokenForMirrors(), word, x))
    assert word.letters == (Element(0, True),)
    assert str(word) == "mirror"


def test_a_layer_broken_for_turns_shrinks_to_the_turn():
    x = torch.randn(1, 1, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ramp = torch.arange(5, dtype=torch.float64)[:, None]  # rows are told apart, columns are not
    word = shrunk(words(D4), lambda word: breaks(lambda x: x * ramp, word, x))
    assert str(word) == "turn 1/4"


def test_a_layer_broken_for_the_half_turn_alone_needs_two_letters():
    word = shrunk(words(C4), lambda word: word.element == C4.element("1/2"))
    assert word.letters == (C4.element("1/4"),) * 2
    assert str(word) == "turn 1/4 * turn 1/4"


def test_a_layer_broken_at_one_pixel_shrinks_to_that_pixel():
    def is_broken(x):
        return bool((BrokenAtOnePixel()(x.rot90(1, (2, 3))) != BrokenAtOnePixel()(x).rot90(1, (2, 3))).any())

    x = shrunk(inputs(1, 1, 5, 5), is_broken)
    assert x.count_nonzero() == 1
    assert x[0, 0, 1, 3] == 1 or x.rot90(1, (2, 3))[0, 0, 1, 3] == 1


def test_a_word_and_an_input_shrink_together():
    pairs = st.tuples(words(D4), inputs(1, 1, 5, 5))
    word, x = shrunk(pairs, lambda pair: breaks(BrokenAtOnePixel(), *pair))
    assert x.count_nonzero() == x.sum() == 1
    assert len(word.letters) <= 3
    assert breaks(BrokenAtOnePixel(), word, x)


def test_few_numbers_stay_where_one_is_not_enough():
    x = shrunk(inputs(2, 40), lambda x: bool(x[1, 7] != 0 and x[0, 3] != 0))
    assert x.count_nonzero() == 4  # the places whose digits are those of both
    assert x[1, 7] == x[0, 3] == 1


def test_a_large_input_shrinks_as_well():
    x = shrunk(inputs(1, 3, 32, 32), lambda x: bool(x[0, 1].any()))
    assert x.shape == (1, 3, 32, 32)
    assert x.count_nonzero() == 1
    assert x.max() == 1


def test_an_input_is_never_zero_and_the_simplest_has_a_single_one():
    assert torch.equal(shrunk(inputs(2, 3), lambda _: True), torch.tensor([[1.0, 0, 0], [0, 0, 0]]).double())
    assert shrunk(inputs(3, dtype=torch.float32), lambda _: True).dtype == torch.float32


@SMALL
@given(st.data())
def test_inputs_have_the_shape_and_some_numbers(data):
    shape = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 9)))
    x = data.draw(inputs(*shape))
    assert x.shape == shape
    assert x.any()
    assert x.isfinite().all()


@SMALL
@given(st.data())
def test_field_types_are_of_their_group(data):
    group = data.draw(groups(on_the_grid=False, trivial=True))
    kind = data.draw(field_types(group, max_fields=3))
    assert kind.group == group
    assert 1 <= kind.num_fields <= 3
    assert data.draw(field_types(group, permuted=True)).is_permutation


def test_groups_and_types_shrink_to_the_smallest():
    assert shrunk(groups(), lambda _: True).order == 2
    assert shrunk(groups(trivial=True), lambda _: True) == C1
    assert shrunk(groups(on_the_grid=False), lambda group: not group.is_finite) == SO2
    assert shrunk(field_types(D4), lambda _: True) == 1 * D4.trivial
    assert shrunk(field_types(D4), lambda kind: D4.regular in kind.fields) == 1 * D4.regular
    mixed = shrunk(field_types(D4, max_fields=4), lambda kind: not kind.is_permutation)
    assert mixed.num_fields == 1


def test_shapes_shrink_to_the_smallest_that_fails():
    assert shrunk(image_shapes(), lambda shape: shape[1] % 2 == 0) == (1, 2, 2)
    assert shrunk(image_shapes(min_size=3), lambda _: True) == (1, 3, 3)
    assert shrunk(image_shapes(square=False), lambda shape: shape[2] > shape[1]) == (1, 1, 2)


def test_a_stride_that_breaks_at_even_sizes_shrinks_to_the_smallest_even_size():
    conv = eq.nn.GroupConv2d(
        1 * C4.trivial, 1 * C4.regular, 3, stride=2, padding=1, exact="off", generator=torch.Generator().manual_seed(0)
    )

    def is_broken(shape):
        x = torch.randn(2, 1, *shape[1:], generator=torch.Generator().manual_seed(0))
        return eq.check.equivariance(conv, x).verdict is Verdict.FAIL

    assert shrunk(image_shapes(min_size=3, max_batch=1), is_broken) == (1, 4, 4)


@settings(SMALL, max_examples=10)
@given(st.data())
def test_sound_layers_pass_for_every_group_type_and_shape(data):
    group = data.draw(groups())
    in_type, out_type = (data.draw(field_types(group, max_fields=2)) for _ in range(2))
    _, height, width = data.draw(image_shapes(min_size=3, max_size=7))
    conv = eq.nn.GroupConv2d(in_type, out_type, 3, padding=1, generator=torch.Generator().manual_seed(0))
    x = torch.randn(2, in_type.dim, height, width, generator=torch.Generator().manual_seed(1))
    eq.check.assert_equivariant(conv, x)


@pytest.mark.parametrize(
    ("symmetry", "expected"),
    [(Permutations(4), "swap 0 and 1"), (Permutations(2), "swap 0 and 1"), (Translations(stride=2), "shift down 2, *")],
    ids=str,
)
def test_words_of_other_groups_shrink_to_one_generator(symmetry, expected):
    word = shrunk(words(symmetry), lambda _: True)
    assert len(word.letters) == 1
    assert str(word).startswith(expected.removesuffix("*"))


@pytest.mark.parametrize("symmetry", [Permutations(5), Translations(stride=3), C(8), D4, SO2], ids=str)
def test_a_word_is_an_element_and_not_the_identity(symmetry):
    @SMALL
    @given(words(symmetry, max_length=5))
    def holds(word):
        assert 1 <= len(word.letters) <= 5
        assert word.element != word.symmetry.identity
        rest = word.symmetry.identity
        for letter in word.letters:
            rest = word.symmetry.multiply(rest, letter)
        assert rest == word.element

    holds()


@pytest.mark.parametrize("symmetry", [C1, eq.check.Euclidean()], ids=["C1", "Euclidean"])
def test_a_group_without_generators_has_no_words(symmetry):
    with refused(GroupError, "group", expected="a plane group, Permutations(n) or Translations()"):
        words(symmetry)


@pytest.mark.parametrize(
    ("wrong", "argument", "got"),
    [
        (lambda: field_types(C4, max_fields=0), "max_fields", 0),
        (lambda: image_shapes(min_size=5, max_size=4), "min_size, max_size", "5, 4"),
        (lambda: find(inputs(0, 3), lambda _: True), "shape", (0, 3)),
        (lambda: find(inputs(), lambda _: True), "shape", ()),
    ],
    ids=["fields", "sizes", "empty", "no shape"],
)
def test_wrong_settings_are_refused(wrong, argument, got):
    with refused(SettingError, argument, got=got):
        wrong()


def test_without_hypothesis_the_check_works_and_the_strategies_say_what_is_missing():
    program = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import equilab.check\n"
        "try:\n    import equilab.check.strategies\n"
        "except ModuleNotFoundError as error:\n    print(error)"
    )
    shown = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=True)
    assert shown.stdout.strip().endswith("pip install hypothesis")

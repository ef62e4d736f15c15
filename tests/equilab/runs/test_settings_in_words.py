"""Settings in words: they separate runs as the settings themselves do."""

from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from small import SPRITES

from equilab.objectives import VAE, BetaVAE
from equilab.runs.settings import same_but_seed, settings_of


@given(st.lists(st.floats(0.1, 1e9), min_size=2, max_size=6), st.integers(0, 5))
def test_runs_are_of_one_setting_exactly_if_they_differ_in_the_seed_alone(betas, digits):
    """Numbers that are near each other, too."""
    betas = [*betas, *(betas[0] * (1 + index * 10.0**-digits) for index in range(3)), int(betas[0]) + 1]
    runs = [replace(SPRITES, objective=BetaVAE(beta), seed=seed) for seed, beta in enumerate(betas)]
    labels, settings = settings_of(runs), [same_but_seed(run) for run in runs]
    for one, other in combinations(range(len(runs)), 2):
        assert (labels[one] == labels[other]) == (settings[one] == settings[other])


def test_numbers_are_short_where_that_separates_them():
    runs = [replace(SPRITES, objective=BetaVAE(beta)) for beta in (1 / 3, 0.5, 4.0)]
    assert settings_of(runs) == ("beta=0.333333", "beta=0.5", "beta=4")
    near = replace(SPRITES, objective=BetaVAE(0.33333334))
    assert settings_of([*runs, near]) == ("beta=0.3333333333333333", "beta=0.5", "beta=4", "beta=0.33333334")


def test_a_whole_number_is_one_setting_however_it_is_written():
    whole, real = (replace(SPRITES, objective=BetaVAE(beta), seed=seed) for seed, beta in enumerate((4, 4.0)))
    other = replace(SPRITES, objective=BetaVAE(5.0))
    assert settings_of([whole, real, other]) == ("beta=4", "beta=4", "beta=5")
    assert settings_of([whole, replace(SPRITES, objective=VAE())]) == ("", "")  # of two methods

"""Keys: names of one section and one word, families, and the names that they match."""

import pytest

from equilab.errors import SettingError
from equilab.keys import PREFIXES, Key
from tests.refused import refused


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_section_has_keys_and_families(prefix):
    key, family = Key(f"{prefix}/kl_2", "nats", "what it means"), Key(f"{prefix}/kl_{{}}", "nats", "of a block")
    assert key.matches(f"{prefix}/kl_2")
    assert family.matches(f"{prefix}/kl_2")
    assert not key.matches(f"{prefix}/kl_3")


@pytest.mark.parametrize("name", ["latent/kl_0", "latent/kl_17", "latent/kl_orientation", "latent/kl_posX"])
def test_a_family_matches_every_number_or_name_in_its_place(name):
    assert Key("latent/kl_{}", "nats", "").matches(name)


@pytest.mark.parametrize(
    "name", ["latent/kl_", "latent/kl", "latent/rec_0", "train/kl_0", "latent/kl_0/1", "xlatent/kl_0"]
)
def test_a_family_matches_nothing_else(name):
    assert not Key("latent/kl_{}", "nats", "").matches(name)


def test_a_family_may_end_in_a_word():
    family = Key("latent/block_{}_kl", "nats", "")
    assert family.matches("latent/block_3_kl")
    assert not family.matches("latent/block__kl")
    assert not family.matches("latent/block_kl")  # its two ends overlap
    assert not Key("latent/a{}a", "", "").matches("latent/a")


def test_one_key_is_not_a_pattern():
    assert not Key("train/kl", "nats", "").matches("train/kl_0")
    assert not Key("train/kl", "nats", "").matches("train/k")


@pytest.mark.parametrize(
    "name",
    [
        "kl",
        "loss/kl",
        "train/",
        "/kl",
        "train",
        "",
        "train/KL",
        "train/k l",
        "train/a/b",
        "Train/kl",
        "train/kl-0",
        "train/ä",
    ],
)
def test_names_without_a_known_section_or_with_other_letters_are_refused(name):
    with refused(SettingError, "key", expected="train/, latent/, metric/", got=name):
        Key(name, "nats", "")


@pytest.mark.parametrize(
    "name", ["latent/{}_{}", "latent/kl_{", "latent/kl_}", "latent/kl_{0}", "latent/}{", "train/kl\n"]
)
def test_a_family_has_one_place_for_a_number_or_a_name(name):
    with refused(SettingError, "key", got=name):
        Key(name, "nats", "")

"""Declared keys: each logged name has one declaration, and no other name is accepted."""

import pytest

from equilab.data import DSprites, MiniSprites
from equilab.errors import SettingError
from training import keys
from training.keys import PREFIXES, Key, declare, declared_keys, lookup
from training.log import Log


def test_every_declared_key_has_a_prefix_a_unit_and_a_meaning():
    for key in declared_keys():
        assert key.name.split("/")[0] in PREFIXES
        assert key.unit
        assert key.meaning
    names = [key.name for key in declared_keys()]
    assert len(set(names)) == len(names)


def test_a_name_has_its_own_declaration_before_that_of_its_family():
    assert lookup("latent/kl_07").name == "latent/kl_{}"
    assert lookup("latent/kl_mean_07").name == "latent/kl_mean_{}"
    assert lookup("metric/mig_ceiling").name == "metric/mig_ceiling"
    assert lookup("metric/mig_posX").name == "metric/mig_{}"


def test_a_factor_may_have_any_name():
    assert lookup("metric/mig_object hue (degrees)").name == "metric/mig_{}"


@pytest.mark.parametrize("data", [DSprites(), MiniSprites()], ids=lambda data: type(data).__name__)
def test_every_factor_of_every_data_set_has_its_keys(data):
    for score in ("factor_vae_score", "beta_vae_score", "mig"):
        for name in data.factors.names:
            assert lookup(f"metric/{score}_{name}").name == f"metric/{score}_{{}}"


def test_an_undeclared_key_is_refused_with_the_nearest_one(tmp_path):
    with Log(tmp_path, config={}, name="n", wandb="off", project="p") as log:
        with pytest.raises(SettingError, match=r"'train/los' is not declared; did you mean 'train/loss'\?"):
            log.row(1, {"train/los": 1.0})
        with pytest.raises(SettingError, match="'latent/picture' is not declared"):
            log.picture(1, "latent/picture", tmp_path / "picture.png")
        with pytest.raises(SettingError, match="'metric/matrix' is not declared"):
            log.table(1, "metric/matrix", ["a"], [[1]])
    assert (tmp_path / "metrics.jsonl").read_text() == ""


@pytest.fixture
def own_keys(monkeypatch):
    monkeypatch.setattr(keys, "_DECLARED", list(declared_keys()))


@pytest.mark.usefixtures("own_keys")
def test_a_key_of_your_own_is_declared_once():
    key = Key("train/capacity", "nats", "target of the KL")
    declare(key)
    declare(key)
    assert lookup("train/capacity") == key
    with pytest.raises(SettingError, match="'train/capacity' is declared already"):
        declare(Key("train/capacity", "bits", "target of the KL"))


@pytest.mark.parametrize("name", ["loss", "validation/loss", "train/Loss", "train/", "train/a/b"])
def test_a_badly_named_key_is_refused(name):
    with pytest.raises(SettingError, match="expected one of train/, latent/, metric/"):
        declare(Key(name, "nats", "a loss"))

"""Runs of the wrong parts are refused by the part's name, before anything is written."""

from dataclasses import dataclass, replace

import pytest
import torch
from processes import TINY
from torch import nn

from equilab.data import MiniSprites
from equilab.errors import DataError, SettingError
from equilab.latents import Circle, Gaussian, Latent
from equilab.models import ConvVAE
from equilab.objectives import VAE, BetaVAE, Objective, Player
from equilab.optimizers import Adam
from equilab.runs.evaluations import Findings, HeldOutLoss, Traversals
from equilab.runs.folder import read_run
from equilab.runs.loop import set_up, train
from equilab.runs.recipes import find_recipe
from equilab.runs.record import Record
from equilab.runs.run import Run
from equilab.runs.sinks.sink import Sink
from tests.refused import refused


@pytest.fixture
def run() -> Run:
    tiny = find_recipe(str(TINY))[1]
    return replace(tiny, objective=VAE(), steps=6, batch_size=4, evaluations=(), log=replace(tiny.log, every=3))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data", "dsprites"),
        ("model", ConvVAE),
        ("objective", VAE),
        ("optimizer", "adam"),
        ("compute", None),
        ("log", {}),
        ("evaluations", HeldOutLoss()),
        ("evaluations", (HeldOutLoss,)),
        ("evaluations", [HeldOutLoss()]),
    ],
)
def test_a_part_of_another_kind_is_refused(run, name, value):
    with refused(SettingError, name, got=repr(value)):
        replace(run, **{name: value})


def test_a_sampler_is_a_sampler(run):
    with refused(SettingError, "objective.sampler", got="None"):
        replace(run, objective=BetaVAE(sampler=None))  # pyright: ignore[reportArgumentType]


def test_two_evaluations_of_one_key_are_refused(run):
    with refused(SettingError, "evaluations", expected="different keys"):
        set_up(replace(run, evaluations=(HeldOutLoss(images=8), HeldOutLoss(images=100))))


@dataclass(frozen=True)
class WithPlayer(VAE):
    """A VAE that brings one further module."""

    name: str = "model"
    empty: bool = False

    def build(self, model, *, generator, data=None):
        return {self.name: Player(nn.ReLU() if self.empty else nn.Linear(2, 2), Adam())}


def test_a_player_has_parameters_and_a_name_of_its_own(run):
    with refused(SettingError, "players", got="model"):
        set_up(replace(run, objective=WithPlayer()))
    with refused(SettingError, "players", got="ReLU"):
        set_up(replace(run, objective=WithPlayer(name="other", empty=True)))
    assert issubclass(WithPlayer, Objective)


def test_names_of_blocks_do_not_decide_a_result(run):
    runs = [replace(run, model=ConvVAE(latent=Latent((Circle(name), Gaussian())))) for name in ("a", "b")]
    assert runs[0].key() == runs[1].key()
    assert replace(run, model=ConvVAE(latent=Latent((Gaussian(), Circle())))).key() != runs[0].key()


def test_the_key_of_a_gpu_run_is_known_without_a_gpu(run):
    on_gpu = replace(run, precision="float32", compute=replace(run.compute, device="cuda"))
    assert on_gpu.key() == replace(run, precision="float32").key()


def test_a_run_that_goes_on_with_other_evaluations_says_so_in_its_run_json(run, tmp_path):
    train(run, tmp_path)
    longer = replace(run, steps=9, evaluations=(HeldOutLoss(), Traversals()))
    key = read_run(tmp_path).key
    assert train(longer, tmp_path).step == 9
    record = Record.open(tmp_path)
    assert (record.run.steps, record.run.evaluations, record.key) == (9, longer.evaluations, key)
    assert "latent/active" in [row[0] for row in record.table().rows]
    with refused(DataError, str(tmp_path), got="seed 0, now 1"):
        train(replace(longer, seed=1), tmp_path)


def test_a_model_is_not_read_under_other_settings(run, tmp_path):
    train(run, tmp_path)
    path = tmp_path / "run.json"
    path.write_text(path.read_text().replace('"latent_dim": 4', '"latent_dim": 5'))
    with refused(DataError, str(tmp_path), expected="checkpoint", got="model.latent_dim 4, now 5"):
        Record.open(tmp_path).model()


class Kept(Sink):
    """Keeps the steps and keys that it receives."""

    def __init__(self):
        self.rows, self.exit_codes = [], []

    def log(self, step, findings: Findings, pictures):
        self.rows.append((step, sorted(findings.keys())[0]))

    def close(self, exit_code):
        self.exit_codes.append(exit_code)


def test_a_sink_of_ones_own_receives_every_row(run, tmp_path):
    kept = Kept()
    train(run, tmp_path, sinks=[kept])
    assert kept.rows == [(3, "latent/kl_00"), (6, "latent/kl_00")]
    assert kept.exit_codes == [0]


def test_a_training_in_a_thread_is_a_training(run, tmp_path):
    from threading import Thread

    thread = Thread(target=train, args=(run, tmp_path / "thread"))
    thread.start()
    thread.join()
    train(run, tmp_path / "main")
    weights = [Record.open(tmp_path / name).model().state_dict() for name in ("thread", "main")]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    assert isinstance(run.data, MiniSprites)

"""The plan: kinds of runs, counts that follow from the settings, and times and sizes near those of real runs."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small import DIGITS, SPRITES

from equilab.errors import SettingError
from equilab.objectives import BetaVAE, FactorVAE
from equilab.optimizers import Adam
from equilab.runs import Disentanglement, HeldOutLoss, Logging, TestError, Traversals
from equilab.runs.loop import train
from equilab.runs.study import Study, crossed, plan_study
from equilab.runs.study.kinds import kind_of
from equilab.runs.study.planned import planned_runs
from equilab.runs.study.probe import Cost, Timing, num_between, probe
from tests.refused import refused

MEASURED = replace(
    SPRITES,
    steps=12,
    evaluations=(HeldOutLoss(every=4, images=16), Traversals(every=5)),
    log=Logging(every=3, checkpoint_every=5, wandb="off"),
)


def test_seeds_steps_weights_and_rates_make_no_other_kind():
    other = replace(SPRITES, seed=5, steps=99, optimizer=Adam(learning_rate=0.5))
    assert kind_of(other, ("seed",)) == kind_of(SPRITES, ("seed",))
    betas = [kind_of(replace(SPRITES, objective=BetaVAE(beta)), ("seed",)) for beta in (1.0, 4.0)]
    assert betas[0] == betas[1] != kind_of(SPRITES, ("seed",))


@pytest.mark.parametrize(
    "changes",
    [{"batch_size": 5}, {"objective": FactorVAE()}, {"evaluations": (HeldOutLoss(),)}, {"precision": "bfloat16"}],
)
def test_what_costs_otherwise_is_another_kind(changes):
    assert kind_of(replace(SPRITES, **changes), ("seed",)) != kind_of(SPRITES, ("seed",))


@pytest.mark.parametrize(("every", "steps", "count"), [(0, 30, 0), (10, 30, 2), (10, 31, 3), (30, 30, 0), (40, 30, 0)])
def test_an_evaluation_is_counted_as_often_as_the_loop_makes_it(every, steps, count):
    assert num_between(HeldOutLoss(every=every), replace(SPRITES, steps=steps)) == count


def test_the_cost_of_a_run_follows_from_its_parts():
    between, last = (Timing(2.0, 7, False), Timing(3.0, 11, False)), (Timing(20.0, 70, False), Timing(30.0, 110, True))
    cost = Cost(start=5.0, update=0.1, updates=9, row=100, checkpoint=1000, between=between, last=last)
    assert cost.seconds(MEASURED) == pytest.approx(5 + 12 * 0.1 + 2 * 2 + 2 * 3 + 20 + 30)
    assert cost.cut
    settings = cost.num_bytes(MEASURED) - (4 * 100 + 2 * 1000 + 2 * 7 + 2 * 11 + 70 + 110)
    assert 500 < settings < 5000  # of run.json


@pytest.mark.slow
def test_the_plan_has_the_files_of_real_runs_and_leaves_nothing(tmp_path):
    """Two sizes of batches: bytes within 20 %; the benchmark `plan` compares the times with real ones."""
    study = Study(crossed(MEASURED, {"batch_size": (4, 64)}, seeds=(0, 1)))
    state = torch.get_rng_state()
    plan = plan_study(study, tmp_path / "study", processes=1, seconds=0.1)
    assert torch.equal(torch.get_rng_state(), state)
    assert not (tmp_path / "study").exists()
    small, large = plan.kinds
    assert (small.name, large.name, plan.num_runs, plan.done) == ("batch_size=4", "batch_size=64", 4, 0)
    for kind in plan.kinds:
        folder = tmp_path / kind.name
        train(kind.runs[0], folder)
        num_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        assert kind.num_bytes / 2 == pytest.approx(num_bytes, rel=0.2)
        assert kind.seconds == pytest.approx(sum(kind.cost.seconds(run) for run in kind.runs))
    assert plan.seconds == pytest.approx(small.seconds + large.seconds)
    assert "4 runs, 0 done, 4 to train" in str(plan)
    assert "2 kinds of run" in str(plan)

    done, *_ = planned_runs(study, tmp_path / "study")
    train(done.run, done.folder)
    again = plan_study(study, tmp_path / "study", processes=4, seconds=0.1)
    assert (again.num_runs, again.done) == (3, 1)
    longest = max(kind.cost.seconds(kind.runs[0]) for kind in again.kinds)
    assert again.seconds == pytest.approx(max(longest, sum(kind.seconds for kind in again.kinds) / 4))


@pytest.mark.slow
def test_a_long_evaluation_is_cut_short_and_extrapolated():
    whole = probe(replace(DIGITS, evaluations=(TestError(),)), seconds=math.inf)
    cut = probe(replace(DIGITS, evaluations=(TestError(),)), seconds=0.0)
    assert (whole.cut, cut.cut) == (False, True)
    assert cut.last[0].seconds > 0
    assert cut.updates == 3


def test_a_run_that_cannot_be_trained_is_found_by_the_plan(tmp_path):
    wrong = replace(DIGITS, evaluations=(Disentanglement(),))
    study = Study([SPRITES, wrong])
    name = planned_runs(study, tmp_path)[1].name
    with refused(SettingError, f"{name}: evaluations", got="Disentanglement, which is of a VariationalAutoencoder"):
        plan_study(study, tmp_path, seconds=0.1)
    assert not list(Path(tmp_path).iterdir())

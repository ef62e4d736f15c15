"""Evaluations: in float32 whatever the updates are in, without a trace in the training, as often as they say."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from processes import same
from small import DIGITS, FEW, SPRITES, of_model, trained, weights
from torch import nn

from equilab.errors import SettingError
from equilab.keys import Key
from equilab.latents import Circle, Gaussian, Latent
from equilab.metrics import ScoreSettings, score_codes
from equilab.models import ConvVAE
from equilab.objectives import CriticSettings, FactorVAE
from equilab.runs.evaluations import Disentanglement, Evaluation, Findings, HeldOutLoss, Moment, TestError, Traversals
from equilab.runs.evaluations.classifier_error import Predictions
from equilab.runs.evaluations.held_out_loss import mean_losses
from equilab.runs.loop import evaluate, is_due, set_up, train, update
from equilab.runs.record import Record
from equilab.runs.stop import Interrupted
from tests.refused import refused


@dataclass(frozen=True)
class Witness(Evaluation):
    """Records in which precision it is asked, and how the model's parts stand."""

    every: int = 0
    keys: ClassVar = (
        Key("metric/autocast", "0 or 1", "whether autocast is on"),
        Key("metric/digits", "bits", "bits of the model's hidden layers"),
        Key("metric/training", "modules", "parts of the model in training mode"),
    )

    def __call__(self, moment: Moment) -> Findings:
        found = list[torch.dtype]()
        layers = [each for each in moment.model.modules() if isinstance(each, nn.Conv2d | nn.Linear)]
        hooks = [each.register_forward_hook(lambda _, __, out: found.append(out.dtype)) for each in layers]
        with torch.no_grad():
            moment.model(moment.table.gather(torch.arange(2)))
        for hook in hooks:
            hook.remove()
        return Findings(
            {
                "metric/autocast": float(torch.is_autocast_enabled("cpu")),
                "metric/digits": float(min(torch.finfo(dtype).bits for dtype in found)),
                "metric/training": float(sum(module.training for module in moment.model.modules())),
            }
        )


@pytest.mark.parametrize("run", [SPRITES, DIGITS], ids=["VAE", "classifier"])
def test_evaluations_run_in_float32_whatever_the_updates_are_in(run, tmp_path):
    run = replace(run, steps=2, precision="bfloat16", evaluations=(Witness(every=1),))
    train(run, tmp_path / "run")
    record = Record.open(tmp_path / "run", modules=[__name__])
    assert record.series("metric/autocast").values.tolist() == [0, 0]
    assert record.series("metric/digits").values.tolist() == [32, 32]
    assert record.series("metric/training").values.tolist() == [0, 0]


def test_updates_run_in_the_precision_that_was_asked_for():
    """Else the test above would show nothing."""
    found = [of_model(trained(replace(SPRITES, precision=each), updates=2)) for each in ("bfloat16", "float32")]
    assert not all(map(torch.equal, found[0].values(), found[1].values()))
    for first, second in zip(found[0].values(), found[1].values(), strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=1e-2)
        assert first.dtype == second.dtype == torch.float32


def test_the_logged_errors_are_those_of_a_recount_in_float32(tmp_path):
    """A bfloat16 network would name some of 500 images otherwise."""
    train(replace(DIGITS, steps=3, precision="bfloat16", evaluations=(TestError(),)), tmp_path / "run")
    record = Record.open(tmp_path / "run")
    test = record.run.data.test
    with torch.no_grad():
        logits = record.model()(test.table.gather(torch.arange(len(test))))
    classes = torch.from_numpy(test.labels(np.arange(len(test))))[:, 0]
    recount = Predictions(logits, classes)
    logged = record.last("metric/test_*")
    assert logged["metric/test_error"] == pytest.approx(recount.error, abs=1e-9)
    assert logged["metric/test_cross_entropy"] == pytest.approx(recount.cross_entropy, rel=1e-6)


def test_the_logged_losses_and_scores_are_those_of_a_recount_in_float32(tmp_path):
    run = replace(
        SPRITES, steps=3, precision="bfloat16", evaluations=(HeldOutLoss(), Disentanglement(metrics=("mig",)))
    )
    train(run, tmp_path / "run")
    record = Record.open(tmp_path / "run")
    model, table = record.model(), run.data.table
    moment = Moment(model, run.data, table, torch.device("cpu"), 3, run.seed)
    images = table.gather(torch.from_numpy(moment.rng("images").permutation(len(table))))
    found = mean_losses(model, images, generator=moment.generator("noise"))
    assert record.last()["latent/reconstruction_mean"] == pytest.approx(found.reconstruction, rel=1e-6)
    for index, value in enumerate(found.kl.tolist()):
        assert record.last()[f"latent/kl_mean_{index:02d}"] == pytest.approx(value, rel=1e-4)
    with torch.no_grad():
        posterior = model.encode(table.gather(torch.arange(len(table))))
    labels = run.data.labels(np.arange(len(table)))
    scores = score_codes(posterior, labels, metrics=["mig"], seed=run.seed, settings=ScoreSettings(references=()))
    assert record.last()["metric/mig"] == pytest.approx(scores["mig"].value, abs=1e-6)


SMALL = CriticSettings(hidden=16, num_layers=1)
RUNS = {
    "FactorVAE": (
        replace(SPRITES, objective=FactorVAE(critic=SMALL)),
        (HeldOutLoss(), Disentanglement(metrics=("mig",)), Traversals()),
    ),
    "classifier with dropout": (DIGITS, (TestError(),)),
}


@pytest.mark.parametrize("name", RUNS)
def test_the_period_of_an_evaluation_does_not_change_the_training(name, tmp_path):
    """With 0, 2 and 7, and without evaluations: bit by bit the same weights, running means and optimisers."""
    run, evaluations = RUNS[name]
    found = []
    for every in (None, 0, 2, 7):
        measured = () if every is None else tuple(replace(each, every=every) for each in evaluations)
        train(replace(run, steps=8, evaluations=measured), tmp_path / str(every))
        found.append(weights(tmp_path / str(every)))
    assert all(same(found[0], other) for other in found[1:])


def test_evaluations_are_made_as_often_as_they_say_and_at_the_end(tmp_path):
    run = replace(SPRITES, steps=7, evaluations=(Witness(every=3), HeldOutLoss(every=2), Traversals()))
    train(run, tmp_path / "run")
    columns = Record.open(tmp_path / "run", modules=[__name__]).columns
    steps = {key: [step for step, _ in pairs] for key, pairs in columns.items()}
    assert steps["metric/autocast"] == [3, 6, 7]
    assert steps["latent/kl_mean"] == [2, 4, 6, 7]
    assert steps["latent/traversals"] == [7]
    assert steps["time/evaluation"] == [2, 3, 4, 6, 7]  # one row for all evaluations of a step


@pytest.mark.parametrize(
    ("step", "every", "last", "due"),
    [(0, 2, 9, False), (2, 2, 9, True), (3, 2, 9, False), (9, 2, 9, True), (5, 0, 9, False), (9, 0, 9, True)],
)
def test_something_is_due_at_multiples_of_its_period_and_at_the_end(step, every, last, due):
    assert is_due(step, every, last) == due


def test_an_evaluation_leaves_the_modes_of_all_parts_as_they_were():
    """A part that a model keeps in evaluation mode, such as a frozen encoder, stays in it."""
    training = set_up(DIGITS)
    parts = list(training.state.model.modules())
    frozen = next(part for part in parts if isinstance(part, nn.BatchNorm2d))
    frozen.eval()
    before = [part.training for part in parts]
    assert len(set(before)) == 2
    evaluate([TestError()], training, lambda done, total: None)
    assert [part.training for part in parts] == before
    with pytest.raises(ZeroDivisionError):
        evaluate([TestError()], training, lambda done, total: 1 / 0)
    assert [part.training for part in parts] == before


def test_the_untrained_model_is_scored_at_the_end_only(tmp_path):
    run = replace(SPRITES, steps=2, evaluations=(Disentanglement(metrics=("mig",), every=1),))
    train(run, tmp_path / "run")
    columns = Record.open(tmp_path / "run").columns
    assert [step for step, _ in columns["metric/mig"]] == [1, 2]
    assert [step for step, _ in columns["metric/mig_floor_untrained"]] == [2]
    training = set_up(run)
    table = run.data.table
    untrained = training.state.model.eval().encode(table.gather(torch.arange(len(table))))
    labels = run.data.labels(np.arange(len(table)))
    scores = score_codes(untrained, labels, metrics=["mig"], settings=ScoreSettings(references=()))
    assert columns["metric/mig_floor_untrained"][0][1] == pytest.approx(scores["mig"].value, abs=1e-6)


def test_held_out_losses_are_those_of_the_block_that_they_name(tmp_path):
    """A latent of three blocks has three numbers, whatever its blocks are made of."""
    latent = Latent((Circle(), Gaussian(2), Gaussian(2)))
    run = replace(SPRITES, model=ConvVAE(latent=latent), steps=1, evaluations=(HeldOutLoss(),))
    train(run, tmp_path / "run")
    last = Record.open(tmp_path / "run").last("latent/*")
    parts = [last[f"latent/kl_mean_{index:02d}"] for index in range(3)]
    assert "latent/kl_mean_03" not in last
    assert last["latent/kl_mean"] == pytest.approx(sum(parts), rel=1e-5)
    model, images = Record.open(tmp_path / "run").model(), run.data.table.gather(torch.arange(len(run.data)))
    with torch.no_grad():
        codes = model.encode(images).mean.numpy()
    variances = [block.values(codes).var(axis=0).sum() for block in latent.code_blocks]
    living = [part > 0.1 and variance > 0.01 for part, variance in zip(parts, variances, strict=True)]
    assert last["latent/active"] == sum(living)


@pytest.mark.parametrize(
    "make",
    [
        lambda: HeldOutLoss(every=-1),
        lambda: Disentanglement(every=-1),
        lambda: Traversals(every=-1),
        lambda: TestError(every=-1),
    ],
)
def test_a_negative_period_is_refused(make):
    with refused(SettingError, "every", got=-1):
        make()


def test_a_protocol_or_metric_that_does_not_exist_is_refused():
    with refused(SettingError, "protocol", hint="locatello2019"):
        Disentanglement("locatelo2019")
    with refused(SettingError, "metrics", hint="mig"):
        Disentanglement(metrics=("mgi",))


def test_findings_of_two_evaluations_are_those_of_both():
    both = Findings({"a": 1.0}) | Findings({"b": 2.0}, pictures={"c": []})
    assert both.keys() == ["a", "b", "c"]


def test_predictions_are_counted():
    logits = torch.tensor([[3.0, 0.0], [0.0, 2.0], [9.0, 0.0], [0.0, 1.0]])
    found = Predictions(logits, torch.tensor([0, 1, 1, 0]))
    assert found.error == 50.0
    assert found.confusion().tolist() == [[1, 1], [1, 1]]
    assert found.worst(5).tolist() == [2, 3]  # the highest loss first
    assert found.worst(1).tolist() == [2]
    expected = -(torch.tensor([3.0, 2.0, 0.0, 0.0]) - logits.logsumexp(1)).mean()
    assert found.cross_entropy == pytest.approx(expected.item(), rel=1e-6)


def test_the_numbers_of_an_evaluation_are_of_its_step_and_of_nothing_else():
    """Asked twice, it says the same; and so after the process drew other numbers."""
    training = trained(replace(SPRITES, data=FEW), updates=1)
    asked = [HeldOutLoss(), Disentanglement(metrics=("mig",))]
    first = evaluate(asked, training, lambda done, total: None).values
    torch.rand(3)
    second = evaluate(asked, training, lambda done, total: None).values
    update(training)
    third = evaluate(asked, training, lambda done, total: None).values
    for key in first.keys() - {"time/evaluation"}:
        assert first[key] == second[key]
    assert first["latent/reconstruction_mean"] != third["latent/reconstruction_mean"]


@pytest.mark.parametrize("evaluation", [HeldOutLoss(), Disentanglement(metrics=("mig",)), Traversals()])
def test_an_evaluation_reports_its_images_and_can_be_stopped(evaluation):
    training, seen = set_up(SPRITES), list[tuple[int, int]]()
    training.state.model.eval()
    evaluation(training.moment(progress=lambda done, total: seen.append((done, total))))
    assert seen
    assert all(0 < done <= total for done, total in seen)

    def stop(done: int, total: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        evaluation(training.moment(progress=stop))

"""Settings objects as words of a command line; nothing but literals and known classes is evaluated."""

from dataclasses import replace
from pathlib import Path

import pytest
import tyro
from small import SPRITES

from equilab.errors import SettingError
from equilab.latents import Circle, Gaussian, Latent
from equilab.objectives import FactorVAE
from equilab.runs.commands.train import Start
from equilab.runs.evaluations import OF_VAE, Disentanglement, HeldOutLoss, TestError
from equilab.runs.options import option_names, parsed, registry
from equilab.runs.recipes import find_recipe
from equilab.runs.run import Run
from equilab.schedules import Constant, Cosine, Cyclic, Linear, Schedule
from tests.refused import refused


def options(*words: str, run: Run = SPRITES) -> Run:
    """The run that a command line makes of a recipe."""
    return tyro.cli(Start, default=Start(run), args=words, registry=registry()).run


WEIGHT, LATENT = (int, float, Schedule), (Latent, type(None))  # what an option may be
FACTOR = find_recipe("factor_vae")[1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4", 4),
        ("-2.5e-3", -2.5e-3),
        ("Linear(0, 4, steps=10)", Linear(0, 4, steps=10)),
        (" Cosine( start=1.0,end = 0.1, steps=7 ) ", Cosine(1.0, 0.1, steps=7)),
        ("Cyclic(0, 1, period=8, rise=0.25)", Cyclic(0, 1, period=8, rise=0.25)),
        ("Constant(3)", Constant(3)),
        ("Latent((Circle(), Circle()))", Latent((Circle(), Circle()))),
        ("Latent([Circle('orientation'), Gaussian(2)])", Latent((Circle("orientation"), Gaussian(2)))),
        ("Latent(blocks=(Gaussian(axes=3, name='place'),))", Latent((Gaussian(3, name="place"),))),
        ("None", None),
    ],
)
def test_a_text_is_the_object_that_it_describes(text, value):
    assert parsed(text, LATENT if "Latent" in text or value is None else WEIGHT) == value


@pytest.mark.parametrize("value", [Linear(0.0, 4.0, steps=10), Latent((Circle(), Gaussian(2, name="place")))])
def test_an_object_is_written_as_the_text_that_describes_it(value):
    """`--help` shows a recipe's own value in this form."""
    found = parsed(repr(value), LATENT + WEIGHT)
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').mkdir('owned')",
        "open('owned', 'w')",
        "Linear(0, 4, steps=(lambda: 10)())",
        "Linear(0, 4, steps=__import__('os').mkdir('owned'))",
        "Latent((Circle(),)).gaussian(3)",
        "Latent(*((Circle(),),))",
        "Latent(**{'blocks': (Circle(),)})",
        "Latent((Circle(),) * 2)",
        "equilab.schedules.Linear(0, 4, steps=1)",
        "Schedule()",
        "Block()",
        "Adam()",
        "Circle",
        "nan",
        "inf",
        "f'{1}'",
        "[x for x in (1,)]",
        "Linear(0, 4)",
        "Linear(0, 4, step=3)",
        "Linear(0, 4, steps=10",
        "Liner(0, 4, steps=10)",
        "",
        "1; 2",
    ],
)
def test_any_other_text_is_refused_with_the_classes_there_are(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"Circle, Constant, Cosine, Cyclic, Gaussian, Latent, Linear"):
        parsed(text, LATENT + WEIGHT)
    assert not list(Path.cwd().iterdir())


def test_a_setting_out_of_range_keeps_its_own_error():
    with refused(SettingError, "steps", got=0):
        parsed("Linear(0, 4, steps=0)", WEIGHT)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [("Latent((Circle(),))", WEIGHT), ("Linear(0, 4, steps=10)", LATENT), ("Circle()", LATENT), ("True", WEIGHT)],
)
def test_an_object_of_another_kind_is_refused(text, kinds):
    with pytest.raises(ValueError, match=r"one of|none of"):
        parsed(text, kinds)


def test_a_misspelt_class_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"did you mean Linear\?"):
        parsed("Liner(0, 4, steps=10)", WEIGHT)


def test_a_weight_takes_a_number_or_a_schedule():
    assert options("--objective.gamma", "12.5", run=FACTOR).objective == FactorVAE(gamma=12.5)
    scheduled = options("--objective.gamma", "Linear(0, 4, steps=10)", run=FACTOR)
    assert scheduled.objective == FactorVAE(gamma=Linear(0, 4, steps=10))
    nested = options("--objective.critic.optimizer.learning-rate", "Cosine(1e-4, 0, steps=10)", run=FACTOR)
    assert nested.objective.critic.optimizer.learning_rate == Cosine(1e-4, 0, steps=10)  # pyright: ignore
    assert options("--optimizer.learning-rate", "3e-4").optimizer.learning_rate == 3e-4


def test_a_latent_is_an_option():
    found = options("--model.latent", "Latent((Circle(), Circle()))", "--model.latent-dim", "10")
    assert found.model == type(SPRITES.model)(latent=Latent((Circle(), Circle())))
    assert options("--model.latent", "None") == SPRITES


def test_evaluations_are_reached_by_their_name():
    run = find_recipe("mini_sprites")[1]
    words = ("--evaluations.disentanglement.every", "7", "--evaluations.held-out-loss.images", "64")
    words += ("--evaluations.disentanglement.metrics", "mig")
    found = options(*words, run=run).evaluations
    assert [type(each) for each in found] == [type(each) for each in run.evaluations]
    by_name = dict(zip(option_names(found), found, strict=True))
    assert by_name["disentanglement"] == Disentanglement(metrics=("mig",), every=7)
    assert by_name["held_out_loss"] == HeldOutLoss(images=64)
    assert options(run=run) == run


def test_two_evaluations_of_one_class_have_names_of_their_own():
    run = replace(SPRITES, evaluations=(HeldOutLoss(), HeldOutLoss(images=64), TestError()))
    found = options("--evaluations.held-out-loss2.every", "3", run=run)
    assert found.evaluations == (HeldOutLoss(), HeldOutLoss(images=64, every=3), TestError())


@pytest.mark.parametrize("name", ["mini_sprites", "torus_square", "rotated_digits", "annealed_vae"])
def test_no_option_leaves_the_recipe_as_it_is(name):
    run = find_recipe(name)[1]
    assert options(run=run) == run


@pytest.mark.parametrize(
    "words",
    [
        ("--objective.gamma", "Liner(0, 4, steps=10)"),
        ("--objective.gamma", "Linear(0, 4, steps=0)"),
        ("--objective.gamma", "nan"),
        ("--objective.gamma", "None"),
        ("--objective.gamma", "-1"),
        ("--objective.gamma", "Circle()"),
        ("--model.latent", "Linear(0, 4, steps=10)"),
        ("--model.latent", "3"),
        ("--model.latent", "Circle()"),
        ("--model.latent", "Latent(())"),
        ("--evaluations.disentanglement.every", "-1"),
        ("--evaluations.disentanglement.protocol", "locatelo2019"),
        ("--evaluations.test-error.every", "1"),
        ("--precision", "float16"),
    ],
    ids=" ".join,
)
def test_a_bad_text_is_a_wrong_argument_and_no_traceback(words, capsys):
    """The exit status of a wrong command line, or the error of the setting that the command turns into one."""
    with pytest.raises((SystemExit, SettingError)) as ended:
        options(*words, run=FACTOR)
    assert isinstance(ended.value, SettingError) or ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_evaluations_of_the_usual_set_have_short_names():
    assert option_names(OF_VAE) == ["held_out_loss", "disentanglement", "traversals"]

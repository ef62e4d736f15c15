"""Parts of a run by name, options that are nearly right, and several seeds on the command line."""

from dataclasses import dataclass, replace

import pytest
from processes import TINY, finish

from equilab.__main__ import main as command
from equilab.data import DSprites, MiniSprites, PairsSharing, RotatedMNIST
from equilab.errors import SettingError
from equilab.models import P4CNN, ConvVAE
from equilab.objectives import VAE, AdaGVAE, BetaVAE, FactorVAE, Objective
from equilab.optimizers import SGD
from equilab.runs import Evaluation, HeldOutLoss, Run, Traversals
from equilab.runs.near_options import check_options, nearest_option, options_of
from equilab.runs.parts import PARTS, exchange, find_part, part_classes, part_name, with_defaults
from equilab.runs.recipes import FOLDER, find_recipe, method_names, recipe_names
from tests.refused import refused

RUN = Run(DSprites(), ConvVAE(), VAE())


@pytest.mark.parametrize(
    ("words", "path", "expected"),
    [
        (["--data", "mini_sprites"], "data", MiniSprites()),
        (["--data", "MiniSprites"], "data", MiniSprites()),
        (["--data=rotated-mnist"], "data", RotatedMNIST()),
        (["--model", "p4cnn"], "model", P4CNN()),
        (["--objective", "factor_vae"], "objective", FactorVAE()),
        (["--optimizer", "sgd"], "optimizer", SGD()),
        (["--evaluations", "held_out_loss", "traversals"], "evaluations", (HeldOutLoss(), Traversals())),
        (["--evaluations", "none"], "evaluations", ()),
    ],
)
def test_a_part_is_exchanged_by_the_name_of_its_class(words, path, expected):
    run, left = exchange(RUN, words)
    assert left == []
    assert run == replace(RUN, **{path: expected})


def test_a_part_of_a_part_is_exchanged_after_its_owner():
    run, left = exchange(RUN, ["--objective", "ada_gvae", "--objective.sampler", "pairs_sharing", "--steps", "3"])
    assert run.objective == AdaGVAE(sampler=PairsSharing())
    assert left == ["--steps", "3"]


def test_options_of_other_kinds_are_left_as_they_stand():
    words = ["--model.latent-dim", "6", "--seeds", "0", "1", "--compute.no-channels-last", "--objective.gamma=3", "-h"]
    assert exchange(RUN, words) == (RUN, words)


def test_a_wrong_name_lists_the_classes_and_the_nearest():
    with refused(SettingError, "--objective", expected="beta_vae", got="factorvea", hint="factor_vae"):
        exchange(RUN, ["--objective", "factorvea"])
    with refused(SettingError, "--evaluations", expected="held_out_loss", got="test_eror", hint="test_error"):
        exchange(RUN, ["--evaluations", "test_eror"])


def test_evaluations_take_a_name_or_none():
    with refused(SettingError, "--evaluations", got="no name"):
        exchange(RUN, ["--evaluations", "--steps", "3"])


@pytest.mark.parametrize("words", [["--data"], ["--data", "dsprites", "mini_sprites"], ["--data", "--steps", "3"]])
def test_a_part_takes_one_name(words):
    with refused(SettingError, "--data", expected="mini_sprites"):
        exchange(RUN, words)


def test_a_class_whose_settings_have_no_default_is_refused():
    with refused(SettingError, "--data", got="ArrayFile, which needs path", hint="recipe"):
        exchange(RUN, ["--data", "array_file"])


@dataclass(frozen=True)
class OwnVAE(VAE):
    """An objective of a user's module."""

    scale: float = 2.0


def test_a_class_of_ones_own_is_found_by_name():
    assert find_part(Objective, "own_vae", argument="objective") == OwnVAE()
    assert part_name(OwnVAE) == "own_vae"


@pytest.mark.parametrize("kind", [*PARTS, Evaluation])
def test_every_class_with_defaults_is_found_by_its_own_name(kind):
    names = with_defaults(kind)
    assert names
    assert all(type(find_part(kind, name, argument="part")) is part_classes(kind)[name] for name in names)


def test_a_method_is_the_standard_recipe_with_another_objective():
    standard = find_recipe("dsprites")[1]
    assert find_recipe("factor_vae") == ("factor_vae", replace(standard, objective=FactorVAE()))
    assert find_recipe("beta-vae")[1].objective == BetaVAE()
    assert "classification" not in method_names()


def test_there_are_few_recipes_and_none_repeats_a_method():
    assert len(recipe_names()) <= 7
    assert not set(recipe_names()) & set(method_names())
    assert all((FOLDER / f"{name}.py").is_file() for name in recipe_names())


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("--lr", "--optimizer.learning-rate"),
        ("--latent_dim", "--model.latent-dim"),
        ("--latent-dims", "--model.latent-dim"),
        ("--gamma", "--objective.gamma"),
        ("--objective.gama", "--objective.gamma"),
        ("--batch", "--batch-size"),
        ("--channels-last", "--compute.channels-last"),
        ("--datas", "--data"),
    ],
)
def test_an_option_that_there_is_not_gets_the_nearest_as_a_hint(option, hint):
    run = replace(RUN, objective=FactorVAE())
    with refused(SettingError, option.replace("_", "-"), hint=f"did you mean {hint}?"):
        check_options([option, "3"], run)


def test_a_setting_of_another_class_names_the_classes_that_have_it():
    with refused(SettingError, "--objective.gamma", hint="a setting of annealed_vae, factor_vae: --objective NAME"):
        check_options(["--objective.gamma", "3"], RUN)


@pytest.mark.parametrize(
    ("words", "argument"),
    [
        (["--resume", "runs/x", "--batch-size", "8"], "--batch-size"),
        (["mini_sprites", "--resume", "runs/x"], "--resume"),
        (["nothing.py"], "nothing.py"),
        (["mini_sprites", "--modules", "nosuch"], "modules"),
    ],
)
def test_words_that_do_not_go_together_are_refused_by_name(words, argument, capsys):
    assert command(["train", *words]) == 2
    assert f"Error: {argument}: expected" in capsys.readouterr().err


def test_an_option_far_from_all_gets_the_way_to_the_list():
    with refused(SettingError, "--qqq", hint="--help"):
        check_options(["--qqq"], RUN)


def test_every_option_of_a_run_is_accepted():
    run = replace(RUN, evaluations=(HeldOutLoss(), Traversals()))
    found = options_of(run)
    assert {"evaluations.held-out-loss.every", "model.latent-dim", "log.wandb", "seed"} <= set(found)
    check_options([f"--{name}" for name in found], run)
    check_options(["--compute.no-channels-last", "--help", "--steps=3", "7", "-1"], run)


def test_a_name_near_nothing_has_no_nearest_option():
    assert nearest_option("zzzz", ["steps", "seed"]) == ""


def test_the_command_names_the_nearest_option_and_writes_nothing(tmp_path):
    wrong = finish(TINY, "--folder", tmp_path / "run", "--lr", 0.1)
    assert wrong.returncode == 2
    assert "did you mean --optimizer.learning-rate?" in wrong.stderr
    assert not (tmp_path / "run").exists()


def test_an_objective_of_ones_own_that_is_not_finished_stops_no_recipe():
    @dataclass(frozen=True)
    class Unfinished(Objective):
        """Its arguments have no types yet."""

        def losses(self, model, batch, context):
            raise NotImplementedError

    assert "unfinished" in part_classes(Objective)
    assert "unfinished" not in method_names()
    assert find_recipe("factor_vae")[0] == "factor_vae"


@pytest.mark.parametrize("name", ["factorvae", "FactorVAE", "factor-vae", "FACTOR_VAE"])
def test_a_name_is_read_in_any_case_with_or_without_underscores(name):
    """On the command line as in Python."""
    recipe, run = find_recipe(name)
    assert (recipe, type(run.objective)) == ("factor_vae", FactorVAE)
    assert type(find_part(Objective, name, argument="method")) is FactorVAE


@pytest.mark.parametrize("name", ["minisprites", "mini-sprites", "MiniSprites"])
def test_so_is_that_of_a_recipe(name):
    assert find_recipe(name) == find_recipe("mini_sprites")

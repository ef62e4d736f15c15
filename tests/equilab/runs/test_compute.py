"""Device, precision and memory order as a run's settings say."""

from dataclasses import replace

import pytest
import torch
from small import DIGITS, SPRITES, trained

from equilab.errors import SettingError
from equilab.objectives import Context
from equilab.runs import compute
from equilab.runs.compute import (
    Compute,
    autocast,
    fastest_precision,
    find_device,
    prepare,
    resolve_precision,
    seed_layers,
)
from equilab.runs.folder import read_run
from equilab.runs.loop import set_up, train
from tests.refused import refused

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("flags", "precision"),
    [({"avx2"}, "float32"), ({"avx512f"}, "float32"), ({"avx512_bf16"}, "bfloat16"), ({"amx_bf16"}, "bfloat16")],
)
def test_bfloat16_is_chosen_where_the_processor_multiplies_it(monkeypatch, flags, precision):
    monkeypatch.setattr(compute, "processor_flags", lambda: flags)
    assert fastest_precision(CPU) == precision
    assert resolve_precision("auto", CPU) == precision


@pytest.mark.parametrize("flags", [{"avx2"}, {"amx_bf16"}], ids=["without units", "with units"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_precision_that_was_asked_for_is_kept(precision, flags, monkeypatch):
    monkeypatch.setattr(compute, "processor_flags", lambda: flags)
    assert resolve_precision(precision, CPU) == precision
    with autocast(precision, CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == getattr(torch, precision)


@pytest.mark.parametrize(("flags", "precision"), [({"avx2"}, "float32"), ({"amx_bf16"}, "bfloat16")])
def test_the_record_names_the_precision_that_was_used(monkeypatch, tmp_path, flags, precision):
    monkeypatch.setattr(compute, "processor_flags", lambda: flags)
    train(replace(SPRITES, steps=1, precision="auto", compute=Compute("cpu", threads=1)), tmp_path / "run")
    assert read_run(tmp_path / "run").run.precision == precision


def test_a_device_that_cannot_be_used_is_named():
    with refused(SettingError, "compute.device", hint="try auto"):
        prepare(Compute(device="cuda:9"))


@pytest.mark.parametrize("name", ["meta", "meta:0", "gpu", "cuda:x", ""])
def test_a_device_that_torch_cannot_compute_on_is_named_without_words_of_torch(name):
    with refused(SettingError, "compute.device", expected="a device of this machine", got=repr(name), hint="try auto"):
        find_device(name)


def test_a_negative_number_of_threads_is_refused():
    with refused(SettingError, "compute.threads", got=-3):
        Compute(threads=-3)


def first_loss(run) -> torch.Tensor:
    """The model's loss of the first update."""
    training = set_up(run)
    context = Context(torch.tensor(0), training.state.noise.at(0), len(run.data), training.state.modules)
    return run.objective(training.state.model, training.feed.at(0), context).model


def test_memory_order_does_not_change_the_result():
    """The same losses within float32 round-off, of sums over 4,096 pixels."""
    losses = [first_loss(replace(SPRITES, compute=Compute(channels_last=order))) for order in (False, True)]
    torch.testing.assert_close(losses[0], losses[1], rtol=1e-5, atol=0)


@pytest.mark.parametrize("run", [SPRITES, DIGITS], ids=["VAE", "classifier"])
def test_bfloat16_trains_with_weights_in_float32(run):
    training = trained(replace(run, precision="bfloat16"), updates=2)
    assert {weight.dtype for weight in training.state.players["model"].parameters} == {torch.float32}
    assert training.state.is_finite()


def test_layers_draw_by_seed_and_step():
    drawn = {}
    for seed, step in ((0, 0), (0, 1), (1, 0), (0, 0)):
        seed_layers(seed, step, CPU)
        numbers = torch.rand(4)
        assert torch.equal(drawn.setdefault((seed, step), numbers), numbers)
    assert len({tuple(numbers.tolist()) for numbers in drawn.values()}) == 3

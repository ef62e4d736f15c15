"""Device, precision and gradient clipping as a run's settings say."""

from dataclasses import replace

import pytest
import torch
from processes import TINY

from equilab.errors import SettingError
from training import compute
from training.compute import autocast, fastest_precision, prepare, settled
from training.folder import read_run
from training.recipes import find_recipe
from training.run import Compute
from training.state import State
from training.train import main

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("flags", "precision"),
    [({"avx2"}, "float32"), ({"avx512f"}, "float32"), ({"avx512_bf16"}, "bfloat16"), ({"amx_bf16"}, "bfloat16")],
)
def test_bfloat16_is_chosen_where_the_processor_multiplies_it(monkeypatch, flags, precision):
    monkeypatch.setattr(compute, "processor_flags", lambda: flags)
    assert fastest_precision(CPU) == precision
    assert settled(Compute(), CPU).precision == precision


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_precision_that_was_asked_for_is_kept(precision):
    settings = Compute(precision=precision)
    assert settled(settings, CPU) == settings
    with autocast(settings, CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == getattr(torch, precision)


@pytest.mark.slow
def test_the_record_names_the_precision_that_was_used(finished_run):
    assert find_recipe(str(TINY))[1].compute.precision == "auto"
    assert read_run(finished_run).run.compute.precision == fastest_precision(CPU)


def test_a_device_that_cannot_be_used_is_named():
    with pytest.raises(SettingError, match=r"compute\.device: 'cuda:9' cannot be used here .*; try auto"):
        prepare(Compute(device="cuda:9"))


def update(clip_norm: float) -> tuple[float, torch.Tensor]:
    """The gradient's norm as reported, and the gradient that the optimiser saw, of one update."""
    _, run = find_recipe(str(TINY))
    state = State.build(run, CPU)
    images = run.data.table.gather(torch.arange(16))
    losses = run.objective(state.model, images, step=0, generator=state.generator, critic=state.critic)
    norm = state.update(losses, clip_norm=clip_norm)
    return norm, torch.cat([parameter.grad.flatten() for parameter in state.model.parameters()])  # pyright: ignore


def test_a_gradient_is_clipped_to_the_norm_asked_for():
    _, whole = update(0.0)
    norm, clipped = update(10.0)
    assert norm == pytest.approx(float(whole.norm()), rel=1e-5)
    assert norm > 10
    torch.testing.assert_close(clipped, whole * 10 / norm)
    assert torch.equal(update(1e9)[1], whole)


def test_memory_order_does_not_change_the_result():
    """The same losses within float32 round-off, of sums over 4,096 pixels."""
    _, run = find_recipe(str(TINY))
    images = run.data.table.gather(torch.arange(16))
    losses = []
    for channels_last in (False, True):
        state = State.build(replace(run, compute=Compute(channels_last=channels_last)), CPU)
        losses.append(run.objective(state.model, images, step=0, generator=state.generator, critic=state.critic).model)
    torch.testing.assert_close(losses[0], losses[1], rtol=1e-5, atol=0)


@pytest.mark.slow
def test_bfloat16_trains_too(tmp_path, capsys):
    words = [str(TINY), "--folder", str(tmp_path / "run"), "--compute.precision", "bfloat16", "--steps", "2"]
    assert main([*words, "--log.protocol", "none"]) == 0
    assert "reconstruction" in capsys.readouterr().out


def test_each_optimiser_gets_the_gradient_of_its_own_loss():
    """Fails when one backward pass serves both: the critic would climb gamma * TC, the encoder its cross-entropy."""
    _, run = find_recipe(str(TINY))
    images = run.data.table.gather(torch.arange(16))
    gradients = []
    for step in ("expected", "found"):
        state = State.build(run, CPU)
        assert state.critic is not None
        losses = run.objective(state.model, images, step=0, generator=state.generator, critic=state.critic)
        assert losses.critic is not None
        model, critic = list(state.model.parameters()), list(state.critic.parameters())
        if step == "expected":
            gradients.append(torch.autograd.grad(losses.model, model, retain_graph=True))
            gradients.append(torch.autograd.grad(losses.critic, critic))
        else:
            state.update(losses)
            gradients += [[weight.grad for weight in model], [weight.grad for weight in critic]]
    for expected, found in zip(gradients[:2], gradients[2:], strict=True):
        assert all(map(torch.equal, expected, found))

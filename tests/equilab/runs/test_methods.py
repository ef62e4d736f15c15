"""Every objective and optimiser as a run: killed with -9, it resumes bit by bit, its players and samplers included."""

import signal
from pathlib import Path

import pytest
from processes import DIE, assert_identical, at_step, finish, rows

pytestmark = pytest.mark.slow

RECIPE = '''"""A tiny run of one method."""

from equilab.data import MiniSprites, PairsSharing
from equilab.latents import Circle, Gaussian, Latent
from equilab.models import ConvVAE
from equilab.objectives import AdaGVAE, AnnealedVAE, BetaTCVAE, BetaVAE, CriticSettings, FactorVAE
from equilab.optimizers import SGD, Adam, AdamW
from equilab.schedules import Cosine, Cyclic, Linear
from equilab.runs.compute import Compute
from equilab.runs.evaluations import HeldOutLoss
from equilab.runs.run import Logging, Run

run = Run(
    data=MiniSprites(),
    model=ConvVAE(latent={latent}),
    objective={objective},
    optimizer={optimizer},
    steps=24,
    batch_size=8,
    evaluations=(HeldOutLoss(every=9),),
    compute=Compute(threads=1),
    log=Logging(every=2, checkpoint_every=7, wandb="off"),
)
'''
GAUSSIAN = "Latent((Gaussian(),) * 3)"
METHODS = {
    "AnnealedVAE": (GAUSSIAN, "AnnealedVAE(capacity=Linear(0.0, 5.0, steps=20))", "Adam(1e-3)", {"train/capacity"}),
    "BetaTCVAE": (GAUSSIAN, "BetaTCVAE(estimator='stratified')", "AdamW(1e-3)", {"train/total_correlation"}),
    "AdaGVAE": (GAUSSIAN, "AdaGVAE(sampler=PairsSharing(2))", "Adam(1e-3)", {"train/shared"}),
    "SGD": (
        "Latent((Circle(), Gaussian(2)))",
        "BetaVAE(Cyclic(0.0, 4.0, period=10), block_weights=(1.0, 2.0))",
        "SGD(Linear(1e-5, 1e-6, steps=24), momentum=0.9, nesterov=True, clip_norm=100.0)",
        {"train/learning_rate", "train/gradient_norm", "latent/kl_01"},
    ),
    "AdamW": (
        "Latent((Circle(), Circle()))",
        "FactorVAE(gamma=Linear(0.0, 9.0, steps=9), critic=CriticSettings(16, 2, AdamW(Cosine(1e-3, 0.0, steps=24))))",
        "AdamW(Cosine(1e-3, 0.0, steps=24), weight_decay=0.1)",
        {"train/learning_rate", "train/learning_rate_critic", "latent/kl_01"},
    ),
}


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, set[str]]:
    """A recipe, and keys that it logs."""
    latent, objective, optimizer, keys = METHODS[request.param]
    path = tmp_path / f"tiny_{request.param.lower()}.py"
    path.write_text(RECIPE.format(latent=latent, objective=objective, optimizer=optimizer))
    return path, keys


def test_a_run_that_was_killed_resumes_bit_by_bit(method, tmp_path):
    recipe, keys = method
    whole = finish(recipe, "--folder", tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    killed = finish(recipe, "--folder", tmp_path / "killed", before=at_step(17, DIE))
    assert killed.returncode == -signal.SIGKILL
    assert rows(tmp_path / "killed")[-1]["step"] == 16
    resumed = finish("--resume", tmp_path / "killed")
    assert resumed.returncode == 0, resumed.stderr
    assert_identical(tmp_path / "whole", tmp_path / "killed")
    found = rows(tmp_path / "whole")
    assert keys <= found[0].keys()
    losses = [row["train/reconstruction"] for row in found if "train/reconstruction" in row]
    assert losses[-1] < losses[0]

"""The recipe of the torus: circles reach the log, the scores and the pictures without being named there."""

import numpy as np
import pytest
import torch
from PIL import Image

from equilab.data import TorusSquare
from equilab.latents import Circle, Latent
from equilab.metrics import ScoreSettings, score_codes
from equilab.runs.commands.train import main
from equilab.runs.record import Record

SMALL = ("--data.positions", "8", "--steps", "6", "--batch-size", "8", "--log.every", "2", "--log.wandb", "off")
SMALL += ("--compute.threads", "1", "--precision", "float32", "--evaluations.disentanglement.metrics", "mig")


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("circles") / "run"
    assert main(["torus_square", "--folder", str(folder), *SMALL]) == 0
    return Record.open(folder)


def test_the_recipe_is_two_circles_on_a_torus(record):
    assert record.run.data == TorusSquare(positions=8)
    assert record.run.model.latent == Latent((Circle(), Circle()))  # pyright: ignore[reportAttributeAccessIssue]
    assert record.is_finished


def test_the_kl_of_each_circle_is_logged(record):
    for row in (row for row in record.rows if "train/kl" in row):
        parts = [row[f"latent/kl_{index:02d}"] for index in range(2)]
        assert row["train/kl"] == pytest.approx(sum(parts), rel=1e-5)
        assert all(part >= 0 for part in parts)
    assert not any("_02" in key for key in record.keys)  # four numbers of a code, two blocks
    assert {"latent/kl_mean_00", "latent/kl_mean_01", "latent/active"} <= {*record.keys}


def test_scores_are_those_of_the_angles(record):
    """The length of a code in the plane of its circle says nothing, and changes nothing."""
    data, model = record.run.data, record.model()
    images = data.table.gather(torch.arange(len(data)))
    with torch.no_grad():
        codes = model.encode(images).mean.numpy()
    factors = data.labels(np.arange(len(data)))
    angles = np.stack([np.arctan2(codes[:, 1], codes[:, 0]), np.arctan2(codes[:, 3], codes[:, 2])], 1)
    longer = np.stack(
        [3 * np.cos(angles[:, 0]), 3 * np.sin(angles[:, 0]), np.cos(angles[:, 1]), np.sin(angles[:, 1])], 1
    )
    blocks = record.run.model.latent.code_blocks  # pyright: ignore[reportAttributeAccessIssue]
    alone = ScoreSettings(references=())
    expected = score_codes(longer, factors, metrics=["mig"], blocks=blocks, settings=alone)["mig"].value
    assert record.last()["metric/mig"] == pytest.approx(expected, abs=1e-3)
    assert [row[0] for row in record.logged_table("metric/mig_matrix").rows] == ["z0", "z1"]


def test_the_sheet_of_traversals_has_a_row_for_each_circle(record):
    path = next(path for path in record.pictures if path.name.startswith("traversals"))
    with Image.open(path) as sheet:
        assert sheet.size == (120 + 11 * 66, 16 + 2 * 66)
    film = next(path for path in record.pictures if path.suffix == ".gif")
    with Image.open(film) as frames:
        assert frames.n_frames == 20  # pyright: ignore[reportAttributeAccessIssue]

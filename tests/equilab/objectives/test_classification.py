"""Classification: the cross-entropy of a slow loop, one mean over the batch, and labels that fit."""

import math

import pytest
import torch
from torch import nn

from equilab.data import Images, Labelled
from equilab.errors import SettingError, ShapeError
from equilab.models import Classifier
from equilab.objectives import Classification
from tests.equilab.objectives.objective_cases import generator
from tests.refused import refused

LABELS = torch.tensor([[2], [0], [1], [1]])
IMAGES = torch.rand(4, 1, 2, 2, dtype=torch.float64, generator=generator(1))


@pytest.fixture
def model():
    model = Classifier(nn.Sequential(nn.Flatten(), nn.Linear(4, 3)), image_shape=(1, 2, 2), num_classes=3).double()
    nn.init.normal_(model.network[1].weight, generator=generator())
    nn.init.normal_(model.network[1].bias, generator=generator(2))
    return model


def losses(model, images=IMAGES, labels=LABELS):
    return Classification()(model, Labelled(images, labels), generator=generator())


def test_the_loss_is_that_of_a_slow_loop(model):
    total, right = 0.0, 0
    for logits, label in zip(model(IMAGES).tolist(), LABELS[:, 0].tolist(), strict=True):
        total -= logits[label] - math.log(sum(math.exp(logit) for logit in logits))
        right += logits.index(max(logits)) == label
    found = losses(model)
    assert found.model.item() == pytest.approx(total / 4, rel=1e-12)
    assert found.terms["cross_entropy"].item() == found.model.item()
    assert found.terms["accuracy"].item() == right / 4
    assert list(found.by_player) == ["model"]


def test_equal_logits_give_the_logarithm_of_the_number_of_classes(model):
    nn.init.zeros_(model.network[1].weight)
    nn.init.zeros_(model.network[1].bias)
    assert losses(model).model.item() == pytest.approx(math.log(3), rel=1e-12)


def test_the_loss_does_not_depend_on_how_often_the_batch_is_repeated(model):
    often = losses(model, IMAGES.repeat(5, 1, 1, 1), LABELS.repeat(5, 1))
    assert often.model.item() == pytest.approx(losses(model).model.item(), rel=1e-12)
    assert often.terms["accuracy"].item() == losses(model).terms["accuracy"].item()


@pytest.mark.parametrize("labels", [LABELS[:3], LABELS[:, 0], LABELS.repeat(1, 2)])
def test_labels_that_do_not_fit_are_refused(model, labels):
    expected = "(4, 1), the class of each image"
    with refused(ShapeError, "labels", expected=expected, got=tuple(labels.shape), hint="only factor"):
        losses(model, labels=labels)


def test_images_without_labels_are_refused(model):
    for batch in (IMAGES, Images(IMAGES), (IMAGES, LABELS)):
        with refused(SettingError, "batch", expected="Labelled(images, labels)", hint="LabelledImages draws Labelled"):
            Classification()(model, batch, generator=generator())

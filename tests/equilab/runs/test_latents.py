"""What each block of a latent carries: on codes that are known exactly, against integrals, and of trained models."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from equilab.data import Arrays, Cyclic, Dataset, Factor, Factors, ImageTable
from equilab.errors import DataError
from equilab.latents import Circle, Gaussian, Latent, Posterior, gaussian_posterior_of
from equilab.runs.latents import measure_latents
from tests.refused import refused

ANGLE, SHAPE = Factor("angle", tuple(range(12)), "steps", Cyclic(12)), Factor("shape", (0, 1, 2))
POSITION = Factor("position", tuple(range(16)))
REPEATING = Factor("angle", tuple(range(12)), "steps", Cyclic(12, (4, 2, 1), "shape"))


@dataclass(frozen=True)
class Digits(Dataset):
    """A grid whose images show the factors' values as the grey levels of their pixels, so that any code can be made."""

    factors: Factors = Factors((SHAPE, ANGLE, POSITION))  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]
    missing: bool = False  # whether one observation in three is left out

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, 1, self.factors.num)

    def open_labels(self) -> np.ndarray | None:
        every = self.factors.from_index(np.arange(self.factors.num_combinations))
        return every[every.sum(1) % 3 > 0] if self.missing else None

    def open_table(self) -> ImageTable:
        levels = torch.from_numpy(self.labels(np.arange(len(self))).astype(np.uint8))
        return ImageTable(levels, self.image_shape, "uint8")


def encoder(codes: Callable[..., list[Tensor]], *, sigma: float | list[float] = 0.1) -> Callable[[Tensor], Posterior]:
    """The Gaussian posteriors with means codes(*factors), of one dimension each, and standard deviations sigma."""

    def encode(images: Tensor) -> Posterior:
        mean = torch.stack(torch.broadcast_tensors(*codes(*(255 * images.double()).round()[:, 0, 0].T)), 1)
        return gaussian_posterior_of(mean, variance=torch.as_tensor(sigma).double() ** 2)

    return encode


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def turn(angle: Tensor, k: int = 1) -> tuple[Tensor, Tensor]:
    return (2 * torch.pi * k * angle / 12).cos(), (2 * torch.pi * k * angle / 12).sin()


def channel_information(means: np.ndarray, sigma: float) -> float:
    """I(f; z) of equally frequent means with Gaussian noise, nats: h(z) - h(z|f), by a sum over a fine grid."""
    z = np.linspace(means.min() - 8 * sigma, means.max() + 8 * sigma, 200_001)
    density = np.exp(-0.5 * ((z[:, None] - means) / sigma) ** 2).mean(1) / (sigma * np.sqrt(2 * np.pi))
    return float(
        -(density * np.log(density + 1e-300)).sum() * (z[1] - z[0]) - 0.5 * np.log(2 * np.pi * np.e * sigma**2)
    )


@pytest.mark.parametrize("sigma", [0.05, 0.3, 1.0])
def test_the_information_is_that_of_a_gaussian_channel(sigma):
    data = Digits(Factors((SHAPE, ANGLE, POSITION, Factor("further", (0, 1, 2)))))
    encode = encoder(lambda shape, angle, position, further: [(position - 7.5) / 4], sigma=sigma)
    found = measure_latents(encode, data, rng=rng())
    expected = channel_information((np.arange(16) - 7.5) / 4, sigma)
    assert found["z0"].information["position"] == pytest.approx(expected, abs=0.05)
    assert found["z0"].information["angle"] < found.least_nats
    assert list(found.carried("z0")) == ["position"]


def test_blocks_are_told_apart_in_one_line():
    def codes(shape, angle, position):
        return [0.02 * shape, *turn(angle), (position - 7.5) / 4]

    found = measure_latents(encoder(codes, sigma=[1.0, 0.1, 0.1, 0.3]), Digits(), rng=rng())
    words = repr(found).split(" | ")
    assert words[-2:] == ["z1+z2 rotate with angle, k = 1", "z0 dead"]
    assert {word.split(":")[0]: word.split(": ")[1].split(" (")[0] for word in words[:-2]} == {
        "z1": "angle",
        "z2": "angle",
        "z3": "position",
    }
    assert found.groups("z3") == ["invariant to angle (C12)"]
    assert found.groups("z1") == ["z1+z2 rotate with angle, k = 1 (C12, R^2 1.00)"]
    assert found["z0"].moved == {}
    assert found.groups("z0") == []
    assert len(str(found).splitlines()) == 5


def test_noise_carries_nothing():
    """A code that is drawn at random for each image is alive, carries no factor, and rotates with none."""
    noise = np.random.default_rng(1).standard_normal((3 * 12 * 16, 4))

    def codes(shape, angle, position):
        return [*torch.from_numpy(noise[((shape * 12 + angle) * 16 + position).long().numpy()]).T]

    found = measure_latents(encoder(codes), Digits(), rng=rng())
    assert [block.alive for block in found] == [True] * 4
    assert [found.carried(block.name) for block in found] == [{}] * 4
    assert found.planes == ()
    assert repr(found) == " | ".join(f"{block.name}: no factor" for block in sorted(found, key=lambda each: -each.kl))


def test_a_constant_code_is_dead_whatever_its_divergence():
    found = measure_latents(encoder(lambda shape, angle, position: [0 * angle + 3, angle]), Digits(), rng=rng())
    assert found["z0"].kl > 4
    assert not found["z0"].alive
    assert found["z1"].alive


@pytest.mark.parametrize("k", [1, 2, 5])
def test_a_plane_rotates_with_its_frequency_whatever_its_basis_and_start(k):
    """z = A R(k angle) w(shape, position): skewed axes, an offset, and another start and radius for each image."""

    def codes(shape, angle, position):
        cosine, sine = turn(k * angle + position)
        radius = 1 + 0.3 * shape
        return [radius * (2 * cosine + 0.5 * sine) + 3, radius * (0.7 * sine - 0.2 * cosine) - 1]

    (plane,) = measure_latents(encoder(codes), Digits(), rng=rng()).planes
    assert (plane.blocks, plane.factor, plane.frequency, plane.period_of) == (("z0", "z1"), "angle", k, None)
    assert plane.fit == pytest.approx(1, abs=1e-6)


def test_a_plane_may_rotate_by_the_periods_of_its_shapes():
    """Shape s repeats 4, 2, 1 times in a cycle: once around per period is k = 4, 2, 1 of the cycle."""
    data = Digits(Factors((SHAPE, REPEATING, POSITION)))

    def codes(shape, angle, position):
        repeats = torch.tensor([4.0, 2.0, 1.0])[shape.long()]
        return [*turn(repeats * angle + position)]

    (plane,) = measure_latents(encoder(codes), data, rng=rng()).planes
    assert (plane.frequency, plane.period_of) == (1, "shape")
    assert str(plane) == "z0+z1 rotate with angle, k = 1 per period of the shape"


def test_moving_is_not_rotating():
    """An angle as one number, a fold of the circle, and a plane that another factor moves as well do not rotate."""

    def codes(shape, angle, position):
        cosine, sine = turn(angle)
        return [(angle - 5.5) / 3, cosine.abs(), cosine + (position - 7.5) / 2, sine + shape]

    found = measure_latents(encoder(codes), Digits(), rng=rng())
    assert found.planes == ()
    assert found.groups("z0") == ["moved by angle (C12): 100 % of its variance"]
    assert found.groups("z2")[0].startswith("moved by angle (C12): ")


def test_the_share_that_a_group_moves_is_that_of_the_variances():
    def codes(shape, angle, position):
        return [(position - 7.5) / 4 + 0.5 * turn(angle)[0]]

    found = measure_latents(encoder(codes), Digits(), rng=rng(), num_images=10_000)
    expected = 0.125 / (0.125 + (np.arange(16) / 4).var())
    assert found["z0"].moved["angle"] == pytest.approx(expected, rel=0.02)


def test_a_block_on_a_manifold_is_read_there():
    """The directions of a circle rotate with the angle though their means are not on the circle."""
    latent = Latent((Circle("phase"), Gaussian(2, name="place")))

    def encode(images: Tensor) -> Posterior:
        shape, angle, position = (255 * images).round()[:, 0, 0].T
        cosine, sine = turn(angle)
        narrow = torch.full_like(cosine, -3.0)
        numbers = (cosine * (1 + shape), sine * (1 + shape), narrow, position / 8 - 1, shape - 1, narrow, narrow)
        return latent.posterior(torch.stack(numbers, 1))

    found = measure_latents(encode, Digits(), rng=rng())
    assert str(found.planes[0]) == "phase rotates with angle, k = 1"
    assert len(found.planes) == 1
    assert set(found.carried("place")) == {"position", "shape"}
    assert found.groups("place") == ["invariant to angle (C12)"]


def test_the_result_is_a_function_of_the_generator():
    encode = encoder(lambda shape, angle, position: [angle / 4, position / 4 + shape])
    first, second = (measure_latents(encode, Digits(), rng=rng(), num_images=200) for _ in range(2))
    assert first == second
    assert first != measure_latents(encode, Digits(), rng=np.random.default_rng(1), num_images=200)


def test_groups_whose_orbits_are_not_observed_are_left_out():
    encode = encoder(lambda shape, angle, position: [*turn(angle), position])
    found = measure_latents(encode, Digits(missing=True), rng=rng())
    assert found.orders == {}
    assert found.groups("z0") == []
    assert list(found.carried("z2")) == ["position"]


@pytest.mark.parametrize(
    "factors",
    [
        (Factor("only", (0,)),),
        (Factor("each", tuple(range(8))),),
        (Factor("flip", (0, 1), "", Cyclic(2)), Factor("same", (1,), "", Cyclic(1))),
        (Factor("third", (0, 1, 2), "", Cyclic(3)),),
    ],
    ids=["one image", "every value once", "two images", "three images"],
)
def test_few_images_are_no_evidence(factors):
    """Nothing is claimed of a handful of images; three points always lie on an ellipse."""
    encode = encoder(lambda *values: [values[0], values[0] ** 2 + 1])
    found = measure_latents(encode, Digits(Factors(factors)), rng=rng())
    assert [found.carried(block.name) for block in found] == [{}] * 2
    assert found.planes == ()


def test_images_without_factors_have_living_and_dead_blocks():
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 8), dtype=np.uint8)

    def encode(batch: Tensor) -> Posterior:
        bright = batch.mean((1, 2, 3))
        return gaussian_posterior_of(
            torch.stack([10 * (bright - 0.5), 0 * bright], 1), variance=torch.tensor([0.1, 1.0])
        )

    found = measure_latents(encode, Arrays(images), rng=rng())
    assert repr(found) == "z0: alive | z1 dead"
    assert list(found.to_dataframe().columns) == ["block", "alive", "kl"]


def test_codes_that_are_not_finite_are_refused():
    with refused(DataError, "encode", expected="finite codes", got="inf"):
        measure_latents(encoder(lambda shape, angle, position: [1 / shape]), Digits(), rng=rng())


def test_tables_hold_every_number():
    encode = encoder(lambda shape, angle, position: [*turn(angle), position / 4])
    found = measure_latents(encode, Digits(), rng=rng())
    frame = found.to_dataframe()
    assert list(frame.columns) == ["block", "alive", "kl", "nats_shape", "nats_angle", "nats_position", "moved_angle"]
    assert frame["nats_position"][2] == found["z2"].information["position"]
    assert frame["moved_angle"][0] == pytest.approx(1)
    assert "z0+z1 rotate with angle" in found.to_markdown()
    assert r"R\textasciicircum{}2" in found.to_latex()
    assert "<td>z2</td>" in found._repr_html_()

"""Mutants that treat one side or one axis of an image unlike the other."""

import torch
from mutants_case import C4, D4, Mutant, Trial, images, invariant, lift, lifted, mutant, symmetric
from torch import Tensor, nn
from torch.nn import functional

import equilab as eq

GEOMETRY: list[Mutant] = []


@mutant(GEOMETRY, "stride parity")
def stride_parity(generator: torch.Generator, sound: bool) -> Trial:
    net = nn.Sequential(lift(), nn.ReLU(), nn.Conv2d(8, 8, 3, stride=2, padding=1))
    conv = eq.nn.GroupConv2d(2 * C4.regular, 2 * C4.regular, 3, stride=2, padding=1, exact="off")
    net[2] = conv
    return Trial(net, (images(generator, 1, 9 if sound else 10),), lifted())


@mutant(GEOMETRY, "stride parity")
def dilation_parity(generator: torch.Generator, sound: bool) -> Trial:
    conv = symmetric(2, 2, stride=2, dilation=1 if sound else 2)
    return Trial(nn.Sequential(symmetric(2, 3, padding=1), conv), (images(generator, 2, 10),), invariant(2))


@mutant(GEOMETRY, "odd pool")
def odd_pool(generator: torch.Generator, sound: bool) -> Trial:
    return Trial(nn.Sequential(lift(), nn.MaxPool2d(2)), (images(generator, 1, 10 if sound else 11),), lifted())


@mutant(GEOMETRY, "odd pool")
def average_pool_with_a_rest(generator: torch.Generator, sound: bool) -> Trial:
    return Trial(nn.Sequential(lift(), nn.AvgPool2d(3)), (images(generator, 1, 12 if sound else 10),), lifted())


@mutant(GEOMETRY, "output_padding")
def output_padding(generator: torch.Generator, sound: bool) -> Trial:
    conv = eq.nn.GroupConvTranspose2d(
        2 * C4.regular, 1 * C4.trivial, 3, stride=2, padding=1, output_padding=0 if sound else 1, exact="off"
    )
    options = {"in_type": 2 * C4.regular, "out_type": 1 * C4.trivial}
    return Trial(nn.Sequential(nn.ReLU(), conv), (images(generator, 8, 5),), options)


@mutant(GEOMETRY, "zero padding")
def zero_against_circular_padding(generator: torch.Generator, sound: bool) -> Trial:
    first = nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular")
    second = nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular" if sound else "zeros")
    shifted = eq.check.Translate()
    options = {"in_type": shifted, "out_type": shifted}
    return Trial(nn.Sequential(first, nn.ReLU(), second), (images(generator, 1),), options)


@mutant(GEOMETRY, "total stride")
def wrong_stride_for_translations(generator: torch.Generator, sound: bool) -> Trial:
    down = nn.Conv2d(1, 2, 3, stride=2, padding=1, padding_mode="circular")
    net = nn.Sequential(down, nn.ReLU(), nn.Upsample(scale_factor=2))
    shifted = eq.check.Translate(eq.check.Translations(stride=2 if sound else 1))
    return Trial(net, (images(generator, 1, 8),), {"in_type": shifted, "out_type": shifted})


@mutant(GEOMETRY, "one-sided padding")
def asymmetric_padding_layer(generator: torch.Generator, sound: bool) -> Trial:
    pad = nn.ZeroPad2d((1, 1, 1, 1) if sound else (0, 2, 0, 2))
    return Trial(nn.Sequential(pad, lift(padding=0)), (images(generator, 1),), lifted())


class PaddedByHand(nn.Module):
    """F.pad between two layers."""

    def __init__(self, pad: tuple[int, int, int, int]):
        super().__init__()
        self.first, self.second, self.pad = symmetric(2, 3, padding=1), symmetric(2, 3), pad

    def forward(self, x: Tensor) -> Tensor:
        return self.second(functional.pad(self.first(x), self.pad))


@mutant(GEOMETRY, "off centre")
def asymmetric_padding_between_layers(generator: torch.Generator, sound: bool) -> Trial:
    net = PaddedByHand((1, 1, 1, 1) if sound else (0, 2, 0, 2))
    return Trial(net, (images(generator, 2),), invariant(2))


@mutant(GEOMETRY, "one-sided padding")
def same_padding_of_an_even_kernel(generator: torch.Generator, sound: bool) -> Trial:
    conv = symmetric(2, 3 if sound else 4, padding="same")
    return Trial(nn.Sequential(conv, nn.ReLU()), (images(generator, 2),), invariant(2))


class Rolled(nn.Module):
    """An image rolled by some pixels between two layers."""

    def __init__(self, shift: int):
        super().__init__()
        self.first, self.second, self.shift = symmetric(2, 3, padding=1), symmetric(2, 3, padding=1), shift

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).roll(self.shift, -1))


@mutant(GEOMETRY, "off centre")
def roll_by_one_pixel(generator: torch.Generator, sound: bool) -> Trial:
    return Trial(Rolled(0 if sound else 1), (images(generator, 2),), invariant(2))


@mutant(GEOMETRY, "off centre")
def crop_by_one_pixel(generator: torch.Generator, sound: bool) -> Trial:
    conv = symmetric(2, 3)

    def cropped(x: Tensor) -> Tensor:
        return conv(x[..., 1:-1, 1:-1] if sound else x[..., 2:, 2:])

    return Trial(cropped, (images(generator, 2),), invariant(2))


@mutant(GEOMETRY, "off-centre resampling")
def upsampling_off_centre(generator: torch.Generator, sound: bool) -> Trial:
    up = nn.Upsample(size=18 if sound else 13, mode="nearest")
    return Trial(nn.Sequential(lift(), up), (images(generator, 1),), lifted())


@mutant(GEOMETRY, "unequal axes")
def non_square_pool(generator: torch.Generator, sound: bool) -> Trial:
    pool = nn.AvgPool2d(3 if sound else (1, 3), stride=1, padding=1 if sound else (0, 1))
    return Trial(nn.Sequential(lift(), pool), (images(generator, 1),), lifted())


@mutant(GEOMETRY, "unequal axes")
def softmax_over_the_width(generator: torch.Generator, sound: bool) -> Trial:
    softmax = nn.Softmax2d() if sound else nn.Softmax(-1)
    return Trial(nn.Sequential(lift(), softmax), (images(generator, 1),), lifted())


class WithCoordinates(nn.Module):
    """Coordinates of the pixels as further channels (Liu et al. 2018), or the distance from the centre."""

    def __init__(self, *, radial: bool):
        super().__init__()
        self.first, self.second, self.radial = symmetric(2, 3, padding=1), symmetric(3, 3, padding=1), radial

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        line = torch.linspace(-1, 1, x.shape[-1], dtype=x.dtype)
        grid = (line[:, None] ** 2 + line**2) if self.radial else line.expand(x.shape[-2:])
        return self.second(torch.cat([x, grid.expand(x.shape[0], 1, -1, -1)], 1))


@mutant(GEOMETRY, "positional embedding")
def coordinate_channels(generator: torch.Generator, sound: bool) -> Trial:
    options = {"in_type": 2 * C4.trivial, "out_type": 3 * C4.trivial}
    return Trial(WithCoordinates(radial=sound), (images(generator, 2),), options)


@mutant(GEOMETRY, "smaller group")
def mirrors_broken_but_turns_fine(generator: torch.Generator, sound: bool) -> Trial:
    group = D4 if sound else C4
    conv = eq.nn.materialize(eq.nn.GroupConv2d(1 * group.trivial, 2 * group.regular, 3))
    pool = nn.Sequential(conv, nn.ReLU(), nn.Unflatten(1, (2, group.order)))
    return Trial(
        lambda x: pool(x).amax(2), (images(generator, 1),), {"in_type": D4.trivial, "out_type": 2 * D4.trivial}
    )


@mutant(GEOMETRY, "smaller group")
def quarter_turns_declared_as_eighths(generator: torch.Generator, sound: bool) -> Trial:
    net = nn.Sequential(lift(), nn.ReLU(), eq.nn.GroupPool(2 * C4.regular), eq.nn.SpatialMean())
    group = C4 if sound else eq.groups.C(8)
    return Trial(net, (images(generator, 1, 15),), {"in_type": 1 * group.trivial, "out_type": 2 * group.trivial})


@mutant(GEOMETRY, "unshared weights")
def linear_after_flatten(generator: torch.Generator, sound: bool) -> Trial:
    body = nn.Sequential(lift(), nn.ReLU(), nn.Unflatten(1, (2, 4)))
    head = nn.Linear(2, 3) if sound else nn.Linear(2 * 81, 3)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = body, head

        def forward(self, x: Tensor) -> Tensor:
            y = self.body(x).amax(2)
            return self.head(y.mean((2, 3)) if sound else y.flatten(1))

    return Trial(Net(), (images(generator, 1),), {"in_type": 1 * C4.trivial, "out_type": 3 * C4.trivial})

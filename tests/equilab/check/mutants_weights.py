"""Mutants whose weights, biases or constants are not shared as the group asks."""

import torch
from mutants_case import C4, Mutant, Trial, images, invariant, lift, lifted, mutant, regular, symmetric
from torch import Tensor, nn

import equilab as eq

WEIGHTS: list[Mutant] = []


def _noisy(net: nn.Conv2d, size: float, generator: torch.Generator) -> None:
    with torch.no_grad():
        noise = torch.randn(net.weight.shape, generator=generator, dtype=torch.float64)
        net.weight.mul_(1 + size * noise.to(net.weight))


@mutant(WEIGHTS, "unshared weights")
def filter_noise_of_1e_12_in_float64(generator: torch.Generator, sound: bool) -> Trial:
    net = nn.Sequential(lift(), nn.ReLU(), eq.nn.GroupConv2d(2 * C4.regular, 2 * C4.regular, 3)).double()
    net[2] = eq.nn.materialize(net[2])
    _noisy(net[2], 0 if sound else 1e-12, generator)
    return Trial(net, (images(generator, 1).double(),), lifted())


@mutant(WEIGHTS, "unshared weights")
def filter_noise_of_1e_6_in_float32(generator: torch.Generator, sound: bool) -> Trial:
    net = nn.Sequential(lift(), nn.ReLU(), eq.nn.GroupConv2d(2 * C4.regular, 2 * C4.regular, 3))
    net[2] = eq.nn.materialize(net[2])
    _noisy(net[2], 0 if sound else 1e-6, generator)
    return Trial(net, (images(generator, 1),), lifted())


@mutant(WEIGHTS, "unshared weights")
def plain_convolution_in_the_middle(generator: torch.Generator, sound: bool) -> Trial:
    second = eq.nn.GroupConv2d(2 * C4.regular, 2 * C4.regular, 3) if sound else nn.Conv2d(8, 8, 3)
    net = nn.Sequential(lift(), nn.ReLU(), second, nn.ReLU(), eq.nn.GroupConv2d(2 * C4.regular, 1 * C4.regular, 3))
    return Trial(net, (images(generator, 1),), lifted(1))


@mutant(WEIGHTS, "unshared weights")
def untied_decoder(generator: torch.Generator, sound: bool) -> Trial:
    encoder = nn.Sequential(lift(), nn.ReLU(), nn.AvgPool2d(2))
    tied = eq.nn.GroupConvTranspose2d(2 * C4.regular, 1 * C4.trivial, 4, stride=2, padding=1)
    untied = nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1)
    net = nn.Sequential(encoder, eq.nn.materialize(tied) if sound else untied)
    return Trial(net, (images(generator, 1, 8),), invariant(1))


@mutant(WEIGHTS, "bias")
def bias_on_a_non_trivial_irrep(generator: torch.Generator, sound: bool) -> Trial:
    conv = eq.nn.materialize(eq.nn.GroupConv2d(1 * C4.trivial, 2 * C4.irrep(1), 3, bias=False))
    conv.bias = None if sound else nn.Parameter(torch.randn(4, generator=generator))
    return Trial(conv, (images(generator, 1),), {"in_type": 1 * C4.trivial, "out_type": 2 * C4.irrep(1)})


@mutant(WEIGHTS, "bias")
def bias_per_channel_of_a_regular_field(generator: torch.Generator, sound: bool) -> Trial:
    conv = lift()
    if not sound:
        nn.init.uniform_(conv.bias, generator=generator)
    return Trial(nn.Sequential(conv, nn.ReLU()), (images(generator, 1),), lifted())


class WithPosition(nn.Module):
    """A learned embedding of the place, added between two layers."""

    def __init__(self, *, absolute: bool, generator: torch.Generator):
        super().__init__()
        self.first, self.second = symmetric(2, 3, padding=1), symmetric(2, 3, padding=1)
        self.position = nn.Parameter(torch.randn(2, *((9, 9) if absolute else (1, 1)), generator=generator))

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x) + self.position)


@mutant(WEIGHTS, "positional embedding")
def positional_embedding(generator: torch.Generator, sound: bool) -> Trial:
    return Trial(WithPosition(absolute=not sound, generator=generator), (images(generator, 2),), invariant(2))


@mutant(WEIGHTS, "dead channel")
def dropped_channel(generator: torch.Generator, sound: bool) -> Trial:
    conv = lift()
    if not sound:
        with torch.no_grad():
            conv.weight[5].zero_()
            conv.bias[5].zero_()
    net = nn.Sequential(conv, nn.ReLU(), eq.nn.GroupConv2d(2 * C4.regular, 1 * C4.regular, 3))
    return Trial(net, (images(generator, 1),), lifted(1))


@mutant(WEIGHTS, "channel order")
def inverse_order_of_the_group_elements(generator: torch.Generator, sound: bool) -> Trial:
    conv = lift()
    order = [0, 1, 2, 3, 4, 5, 6, 7] if sound else [0, 3, 2, 1, 4, 7, 6, 5]
    return Trial(lambda x: conv(x)[:, order], (images(generator, 1),), lifted())


@mutant(WEIGHTS, "channel order")
def channels_by_element_not_by_field(generator: torch.Generator, sound: bool) -> Trial:
    conv = lift()
    order = [0, 1, 2, 3, 4, 5, 6, 7] if sound else [0, 4, 1, 5, 2, 6, 3, 7]
    return Trial(lambda x: conv(x)[:, order], (images(generator, 1),), lifted())


@mutant(WEIGHTS, "wrong type")
def invariant_output_declared_regular(generator: torch.Generator, sound: bool) -> Trial:
    conv = lift() if sound else nn.Conv2d(1, 8, 1)
    return Trial(nn.Sequential(conv, nn.ReLU()), (images(generator, 1),), lifted())


@mutant(WEIGHTS, "wrong type")
def regular_output_declared_invariant(generator: torch.Generator, sound: bool) -> Trial:
    conv = lift()
    options = lifted() if sound else {"in_type": 1 * C4.trivial, "out_type": 8 * C4.trivial}
    return Trial(nn.Sequential(conv, nn.ReLU()), (images(generator, 1),), options)


@mutant(WEIGHTS, "wrong type")
def largest_over_the_fields_not_over_the_turns(generator: torch.Generator, sound: bool) -> Trial:
    net = nn.Sequential(lift(4), nn.ReLU(), nn.Unflatten(1, (4, 4)))
    options = {"in_type": 1 * C4.trivial, "out_type": 4 * C4.trivial}
    return Trial(lambda x: net(x).amax(2 if sound else 1), (images(generator, 1),), options)


@mutant(WEIGHTS, "channels apart")
def slope_for_each_channel(generator: torch.Generator, sound: bool) -> Trial:
    act = nn.PReLU(1 if sound else 8)
    if not sound:
        nn.init.uniform_(act.weight, generator=generator)
    return Trial(act, (images(generator, 8),), regular())

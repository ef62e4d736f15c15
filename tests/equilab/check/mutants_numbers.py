"""Mutants whose numbers are at fault: NaN, outputs that say nothing, float16, one precision, a state that is kept."""

import torch
from mutants_case import (
    C4,
    FAIL,
    INCONCLUSIVE,
    VACUOUS,
    Mutant,
    Trial,
    images,
    invariant,
    lift,
    lifted,
    mutant,
    symmetric,
)
from torch import Tensor, nn

import equilab as eq

NUMBERS: list[Mutant] = []


@mutant(NUMBERS, "NaN")
def logarithm_of_negative_numbers(generator: torch.Generator, sound: bool) -> Trial:
    conv = lift()
    return Trial(lambda x: (conv(x).abs() if sound else conv(x)).log(), (images(generator, 1),), lifted())


class Divided(nn.Module):
    """x / max |x|, and 0 / 0 where x is relu(-x^2)."""

    def forward(self, x: Tensor) -> Tensor:
        return x / x.abs().amax((1, 2, 3), keepdim=True)


@mutant(NUMBERS, "NaN")
def zero_divided_by_zero(generator: torch.Generator, sound: bool) -> Trial:
    conv = lift(bias=False)
    if not sound:
        nn.init.zeros_(conv.weight)
    return Trial(nn.Sequential(conv, Divided()), (images(generator, 1),), lifted())


@mutant(NUMBERS, "dead output", VACUOUS)
def output_of_zeros(generator: torch.Generator, sound: bool) -> Trial:
    conv = lift(bias=False)
    if not sound:
        with torch.no_grad():
            conv.weight.abs_().neg_()
    return Trial(nn.Sequential(conv, nn.ReLU()), (images(generator, 1).abs(),), lifted())


@mutant(NUMBERS, "constant output", VACUOUS)
def constant_output(generator: torch.Generator, sound: bool) -> Trial:
    head = nn.Linear(2, 3)
    if not sound:
        nn.init.zeros_(head.weight)
    net = nn.Sequential(lift(), nn.ReLU(), eq.nn.GroupPool(2 * C4.regular), eq.nn.SpatialMean(), head)
    return Trial(net, (images(generator, 1),), {"in_type": 1 * C4.trivial, "out_type": 3 * C4.trivial})


@mutant(NUMBERS, "underflow", VACUOUS | INCONCLUSIVE)
def underflow_of_float16(generator: torch.Generator, sound: bool) -> Trial:
    net = nn.Sequential(lift(bias=False), nn.ReLU(), eq.nn.GroupConv2d(2 * C4.regular, 2 * C4.regular, 3, bias=False))
    if not sound:
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.mul_(2e-4)
    return Trial(net.half(), (images(generator, 1).half(),), lifted())


class OtherInFloat32(nn.Module):
    """Off by one pixel, in float32 alone."""

    def __init__(self, shift: int):
        super().__init__()
        self.conv, self.shift = symmetric(2, 3, padding=1), shift

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return y.roll(self.shift, -1) if y.dtype == torch.float32 else y


@mutant(NUMBERS, "one precision")
def only_the_float32_path_is_broken(generator: torch.Generator, sound: bool) -> Trial:
    return Trial(OtherInFloat32(0 if sound else 1), (images(generator, 2),), invariant(2))


class OtherUnderAutocast(nn.Module):
    """A fast path that forgets the last column."""

    def __init__(self, *, sound: bool):
        super().__init__()
        self.conv, self.sound = symmetric(2, 3, padding=1), sound

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        if torch.is_autocast_enabled("cpu") and not self.sound:
            y = torch.cat([y[..., :-1], torch.zeros_like(y[..., -1:])], -1)
        return y


@mutant(NUMBERS, "one precision", FAIL)
def only_autocast_is_broken(generator: torch.Generator, sound: bool) -> Trial:
    options = {**invariant(2), "autocast": torch.bfloat16}
    return Trial(OtherUnderAutocast(sound=sound), (images(generator, 2),), options)


class Recurrent(nn.Module):
    """Keeps its last answer, and adds it to the next."""

    def __init__(self, hidden: Tensor):
        super().__init__()
        self.conv, self.hidden = symmetric(2, 3, padding=1), hidden

    def forward(self, x: Tensor) -> Tensor:
        self.hidden = torch.tanh(self.conv(x) + self.hidden)
        return self.hidden


@mutant(NUMBERS, "kept state")
def state_of_an_earlier_call(generator: torch.Generator, sound: bool) -> Trial:
    net = Recurrent(torch.zeros(2, 2, 9, 9))
    if not sound:
        with torch.no_grad():
            net(images(generator, 2))
    return Trial(net, (images(generator, 2),), invariant(2))


@mutant(NUMBERS, "wrong type")
def integers_of_the_best_orientation(generator: torch.Generator, sound: bool) -> Trial:
    conv = lift(1)
    options = {"in_type": 1 * C4.trivial, "out_type": 1 * C4.trivial}
    return Trial(lambda x: (conv(x).amax(1, True) > 0.5).long() if sound else conv(x).argmax(1, True),
                 (images(generator, 1),), options)  # fmt: skip

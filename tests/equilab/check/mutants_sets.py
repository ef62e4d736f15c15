"""Mutants of sets, tokens and graphs: what depends on a place or an order."""

import torch
from mutants_case import C4, Mutant, Trial, mutant
from torch import Tensor, nn

import equilab as eq

SETS: list[Mutant] = []


def _set(generator: torch.Generator, count: int = 5, dim: int = 3) -> Tensor:
    """(4, count, dim)"""
    return torch.randn(4, count, dim, generator=generator)


_EACH = {"in_type": eq.check.Permute(1), "out_type": eq.check.Permute(1)}
_WHOLE = {"in_type": eq.check.Permute(1), "out_type": eq.check.Invariant()}


class Weighted(nn.Module):
    """Deep sets (Zaheer et al. 2017) with a weight for each place."""

    def __init__(self, weight: Tensor):
        super().__init__()
        self.embed, self.head, self.weight = nn.Linear(3, 4), nn.Linear(4, 2), nn.Parameter(weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.head((torch.relu(self.embed(x)) * self.weight).sum(1))


@mutant(SETS, "positional embedding")
def weight_for_each_place_of_a_set(generator: torch.Generator, sound: bool) -> Trial:
    weight = torch.rand(1 if sound else 5, 1, generator=generator)
    return Trial(Weighted(weight), (_set(generator),), _WHOLE)


@mutant(SETS, "order of the things")
def cumulative_sum_over_a_set(generator: torch.Generator, sound: bool) -> Trial:
    embed, head = nn.Linear(3, 4), nn.Linear(4, 4)
    net = nn.Sequential(embed, nn.ReLU())

    def summed(x: Tensor) -> Tensor:
        h = net(x)
        return head(h + (h.mean(1, True) if sound else h.cumsum(1)))

    return Trial(summed, (_set(generator),), _EACH)


@mutant(SETS, "order of the things")
def recurrent_network_over_a_set(generator: torch.Generator, sound: bool) -> Trial:
    embed, scan = nn.Linear(3, 4), nn.GRU(4, 4, batch_first=True)
    return Trial(lambda x: embed(x).mean(1) if sound else scan(embed(x))[0][:, -1], (_set(generator),), _WHOLE)


@mutant(SETS, "unshared weights")
def linear_over_the_places_of_a_set(generator: torch.Generator, sound: bool) -> Trial:
    mix = nn.Linear(5, 5)
    if sound:
        with torch.no_grad():
            mix.weight.copy_(torch.eye(5) + 0.3)
            mix.bias.fill_(0.1)
    return Trial(lambda x: mix(x.transpose(1, 2)).transpose(1, 2), (_set(generator),), _EACH)


class Attention(nn.Module):
    """One layer of self-attention over tokens (batch, n, 8), with an embedding of the place and a mask."""

    def __init__(self, position: Tensor | None = None, mask: Tensor | None = None):
        super().__init__()
        self.embed, self.attend = nn.Linear(3, 8), nn.MultiheadAttention(8, 2, batch_first=True)
        self.position = None if position is None else nn.Parameter(position)
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        h = self.embed(x)
        if self.position is not None:
            h = h + self.position
        return self.attend(h, h, h, attn_mask=self.mask, need_weights=False)[0]


@mutant(SETS, "positional embedding")
def positional_embedding_of_tokens(generator: torch.Generator, sound: bool) -> Trial:
    position = None if sound else torch.randn(5, 8, generator=generator)
    return Trial(Attention(position), (_set(generator),), _EACH)


@mutant(SETS, "attention mask")
def causal_attention(generator: torch.Generator, sound: bool) -> Trial:
    mask = None if sound else torch.full((5, 5), -torch.inf).triu(1)
    return Trial(Attention(mask=mask), (_set(generator),), _EACH)


@mutant(SETS, "attention mask")
def attention_mask_by_place(generator: torch.Generator, sound: bool) -> Trial:
    mask = torch.eye(5) if sound else torch.randn(5, 5, generator=generator)
    return Trial(Attention(mask=mask), (_set(generator),), _EACH)


class Block(nn.Module):
    """A window of attention over the pixels of an image, as tokens."""

    def __init__(self, mask: Tensor):
        super().__init__()
        self.qkv = nn.Linear(3, 9)
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, -1)
        return torch.softmax(q @ k.transpose(1, 2) + self.mask, -1) @ v


def _as_image(g: object, x: Tensor) -> Tensor:
    """Tokens (batch, 16, channels) moved as an image 4 x 4."""
    image = x.transpose(1, 2).unflatten(2, (4, 4))
    return (3 * C4.trivial).act(g, image).flatten(2).transpose(1, 2)


@mutant(SETS, "attention mask")
def causal_attention_over_the_pixels(generator: torch.Generator, sound: bool) -> Trial:
    mask = torch.zeros(16, 16) if sound else torch.full((16, 16), -torch.inf).triu(1)
    options = {"in_type": _as_image, "out_type": _as_image, "group": C4}
    return Trial(Block(mask), (_set(generator, 16),), options)


@mutant(SETS, "order of the things")
def first_thing_stands_for_all(generator: torch.Generator, sound: bool) -> Trial:
    embed = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
    return Trial(lambda x: embed(x).mean(1) if sound else embed(x)[:, 0], (_set(generator),), _WHOLE)

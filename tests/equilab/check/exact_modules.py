"""Small equivariant modules in plain torch, and modules that hold another: its gradient, float32 alone."""

from typing import Any

import torch
from torch import Tensor, nn


class InputGradient(nn.Module):
    def __init__(self, inside: nn.Module):
        super().__init__()
        self.inside = inside

    def forward(self, x: Tensor) -> Tensor:
        x = x.requires_grad_()
        return torch.autograd.grad((self.inside(x).square().sum(1) + 1).sqrt().sum(), x)[0]


class Float32Only(nn.Module):
    def __init__(self, inside: Any):
        super().__init__()
        self.inside, self.in_type, self.out_type = inside, inside.in_type, inside.out_type

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype != torch.float32:
            raise TypeError(f"x: expected float32, got {x.dtype}")
        return self.inside(x)


class Float32Inside(Float32Only):
    def forward(self, x: Tensor) -> Tensor:
        return self.inside.float()(x.float()).to(x.dtype)


class SelfAttention(nn.Module):
    def __init__(self, hidden: int, dim: int):
        super().__init__()
        self.enter, self.attention = nn.Linear(dim, hidden), nn.MultiheadAttention(hidden, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        h = self.enter(x)
        return h + self.attention(h, h, h, need_weights=False)[0]


class DeepSets(nn.Module):
    def __init__(self, dim: int, hidden: int, *, reduction: str, is_pooled: bool):
        super().__init__()
        self.each, self.all, self.leave = nn.Linear(dim, hidden), nn.Linear(dim, hidden), nn.Linear(hidden, 3)
        self.reduction, self.is_pooled = reduction, is_pooled

    def forward(self, x: Tensor) -> Tensor:
        whole = x.amax(1, keepdim=True) if self.reduction == "max" else getattr(x, self.reduction)(1, keepdim=True)
        h = self.leave(torch.relu(self.each(x) + self.all(whole)))
        return h.mean(1) if self.is_pooled else h


class MessagePassing(nn.Module):
    def __init__(self, dim: int, hidden: int):
        super().__init__()
        self.node, self.message, self.edge = nn.Linear(dim, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, 1)

    def forward(self, x: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.tanh(self.node(x))
        h = h + edges @ torch.relu(self.message(h))
        return h, edges * self.edge(h[:, None] * h[None, :]).squeeze(-1)


class PointLayer(nn.Module):
    """Satorras et al. 2021: messages of distances, coordinates that move along differences."""

    def __init__(self, hidden: int):
        super().__init__()
        self.message = nn.Sequential(nn.Linear(1 + 2, hidden), nn.SiLU(), nn.Linear(hidden, 2))

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        apart = x[:, :, None] - x[:, None]
        count = x.shape[1]
        pairs = [apart.square().sum(-1, keepdim=True), h[:, :, None].expand(-1, -1, count, -1), h[:, None].expand(
            -1, count, -1, -1)]  # fmt: skip
        message = torch.tanh(self.message(torch.cat(pairs, -1)))
        return (apart * message[..., :1]).mean(2), h + message[..., 1:].mean(2)


class Points(nn.Module):
    def __init__(self, layers: list[PointLayer]):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        start, h = x, (x - x.mean(1, keepdim=True)).square().sum(-1, keepdim=True)
        for layer in self.layers:
            step, h = layer(x, h)
            x = x + step
        return x, x - start, h


class VectorNeurons(nn.Module):
    """Deng et al. 2021: channels of vectors are mixed, and gated by invariants."""

    def __init__(self, dim: int, hidden: int):
        super().__init__()
        self.scalars, self.vectors = nn.Linear(2 * dim, hidden), nn.Linear(dim, hidden, bias=False)
        self.gate = nn.Linear(2 * dim, hidden)

    def forward(self, x: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        v = v.unflatten(-1, (-1, 3))
        known = torch.cat([x, v.norm(dim=-1)], -1)
        mixed = self.vectors(v.transpose(1, 2)).transpose(1, 2) * torch.sigmoid(self.gate(known))[..., None]
        return torch.nn.functional.silu(self.scalars(known)), mixed.flatten(1), mixed.transpose(1, 2) @ mixed


class Mirrored(nn.Module):
    def __init__(self, weight: Tensor):
        super().__init__()
        self.weight = nn.Parameter((weight + weight.flip(0, 1)) / 2)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight

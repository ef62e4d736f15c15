"""Self-attention against explicit loops, and the condition on its table."""

import torch

from equilab.functional import relative_positions, self_attention2d


def noise(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def slow_attention(query, key, value, table):
    """Pixel by pixel, head by head."""
    batch, channels, height, width = query.shape
    heads, reach = len(table), table.shape[-1] // 2
    dim = channels // heads
    out = torch.zeros_like(value)
    pixels = [(row, column) for row in range(height) for column in range(width)]
    for sample in range(batch):
        for head in range(heads):
            part = slice(head * dim, (head + 1) * dim)
            for row, column in pixels:
                scores = []
                for other_row, other_column in pixels:
                    down = min(max(other_row - row, -reach), reach) + reach
                    right = min(max(other_column - column, -reach), reach) + reach
                    product = query[sample, part, row, column] @ key[sample, part, other_row, other_column]
                    scores.append(product / dim**0.5 + table[head, down, right])
                weights = torch.stack(scores).softmax(0)
                values = torch.stack([value[sample, part, r, c] for r, c in pixels])
                out[sample, part, row, column] = weights @ values
    return out


def test_it_is_the_slow_loop():
    query, key, value = (noise(2, 6, 4, 3, seed=seed) for seed in range(3))
    table = noise(2, 3, 3, seed=3)  # reaches one pixel: farther offsets are clamped
    got = self_attention2d(query, key, value, table)
    assert torch.allclose(got, slow_attention(query, key, value, table), atol=1e-13, rtol=0)


def test_the_table_holds_one_entry_per_offset():
    table = torch.arange(50.0).reshape(2, 5, 5)
    bias = relative_positions(table, 3, 2).reshape(2, 3, 2, 3, 2)
    for row, column, other_row, other_column in [(0, 0, 2, 1), (2, 1, 0, 0), (1, 1, 1, 1), (2, 0, 1, 1)]:
        expected = table[:, other_row - row + 2, other_column - column + 2]
        assert torch.equal(bias[:, row, column, other_row, other_column], expected)


def test_a_turned_image_has_the_turned_attention_iff_the_table_is_invariant():
    parts = [noise(1, 4, 5, 5, seed=seed) for seed in range(3)]
    table = noise(2, 5, 5, seed=3)
    invariant = torch.stack([table.rot90(turn, (1, 2)) for turn in range(4)]).mean(0)
    for bias, symmetric in ((invariant, True), (table, False)):
        turned = self_attention2d(*(part.rot90(1, (2, 3)) for part in parts), bias)
        error = (turned - self_attention2d(*parts, bias).rot90(1, (2, 3))).abs().max()
        assert error < 1e-13 if symmetric else error > 1e-2

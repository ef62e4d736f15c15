"""Blocks by the name of their manifold, for files and command lines."""

from equilab.errors import SettingError
from equilab.latents.block import Block


def block_classes() -> dict[str, type[Block]]:
    """Every class of blocks that is defined, your own too, by the name of its manifold."""
    found, waiting = dict[str, type[Block]](), [Block]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not kind.__abstractmethods__:
            found[kind.manifold or kind.__name__.lower()] = kind
    return found


def block_on(manifold: str, dim: int) -> Block:
    """A block on the manifold of that name. Raises SettingError for a name or a number of dimensions that it lacks.

    manifold: its name, such as "euclidean". dim: numbers of its code.

    >>> block_on("circle", 2), block_on("euclidean", 3).dim
    (Circle(name=''), 3)
    """
    known = block_classes()
    if manifold not in known:
        raise SettingError("manifold", expected=f"one of {', '.join(sorted(known))}", got=repr(manifold))
    block = known[manifold].of_dim(dim)
    if block.dim != dim:
        raise SettingError("manifold", expected=f"{block.dim} dimensions for {manifold}", got=dim)
    return block

"""The promise of an error: its class and its attributes, whatever its sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from equilab.errors import EquilabError


@contextmanager
def refused(
    kind: type[EquilabError], argument: str, *, expected: str = "", got: object = None, hint: str = ""
) -> Iterator[None]:
    """The block must raise this error of this argument.

    argument: equal to the error's. expected, hint: contained in the error's. got: equal to the error's, or printed
    the same, with or without quotes; None: not compared.
    """
    with pytest.raises(kind) as caught:
        yield
    error = caught.value
    assert type(error) is kind, f"expected {kind.__name__}, got {type(error).__name__}: {error}"
    assert error.argument == argument, f"argument: expected {argument!r}, got {error.argument!r}: {error}"
    assert expected in str(error.expected), f"expected: {expected!r} is not in {error.expected!r}"
    assert hint in error.hint, f"hint: {hint!r} is not in {error.hint!r}"
    if got is not None:
        same = bool(error.got == got) or str(error.got) in (str(got), repr(got))
        assert same, f"got: expected {got!r}, got {error.got!r}"

"""The errors that a caller can cause; each carries the argument, what was expected, what was given, and a hint."""

from collections.abc import Collection
from numbers import Integral
from typing import Any, TypeVar

Error = TypeVar("Error", bound="EquilabError")


class EquilabError(ValueError):
    """A mistake of the caller, printed as "argument: expected X, got Y; hint".

    argument: the argument, setting, file or place at fault, such as "beta" or "factors[3, 0]".
    expected: the values that are accepted, in words.
    got: the value that was given, as it is printed; of arrays the shape or the entry at fault, never the array.
    hint: what to do; empty where the expectation says it.
    message: printed in place of the sentence above, for a report of several lines.

    >>> error = SettingError("beta", expected="a number >= 0", got=-1.0)
    >>> str(error), error.argument, error.got
    ('beta: expected a number >= 0, got -1.0', 'beta', -1.0)
    """

    def __init__(self, argument: str, *, expected: object, got: object, hint: str = "", message: str = ""):
        self.argument, self.expected, self.got, self.hint, self.message = argument, expected, got, hint, message
        sentence = f"{argument}: expected {expected}, got {got}" + (f"; {hint}" if hint else "")
        super().__init__(message or sentence)

    def within(self: Error, place: str) -> Error:
        """The same error with the place, such as a file, that holds the argument in front of it.

        >>> str(DataError("codes", expected="(n, d)", got=(3,)).within("codes.npz"))
        'codes.npz: codes: expected (n, d), got (3,)'
        """
        message = f"{place}: {self.message}" if self.message else ""
        return type(self)(
            f"{place}: {self.argument}", expected=self.expected, got=self.got, hint=self.hint, message=message
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """How an error travels between processes."""
        return _rebuilt, (type(self), self.argument, self.expected, self.got, self.hint, self.message)


def _rebuilt(kind: type[Error], argument: str, expected: object, got: object, hint: str, message: str) -> Error:
    return kind(argument, expected=expected, got=got, hint=hint, message=message)


class ShapeError(EquilabError):
    """An array or tensor has the wrong shape."""


class DataError(EquilabError):
    """A data set, a file or a table of codes cannot be used as it is."""


class SettingError(EquilabError):
    """A setting has an invalid value, or a name that does not exist."""


class GroupError(EquilabError):
    """A group has no such element, subgroup or representation."""


class FieldTypeError(EquilabError):
    """Field types do not fit: of two layers, of a layer and its input, or of a field and an operation on it."""


class EquivarianceError(EquilabError):
    """The operation would break the symmetry, or a checked module does."""


class ActionError(EquilabError):
    """The action given is not a group action: it breaks the identity, a product or an inverse."""


def check_count(argument: str, value: object, *, least: int = 1) -> None:
    """Raises SettingError unless the value is an integer of at least `least`.

    argument: name of the setting, for the error. value: to check. least: smallest integer that is accepted, default 1.

    >>> check_count("latent_dim", 0)
    Traceback (most recent call last):
    ...
    equilab.errors.SettingError: latent_dim: expected an integer of at least 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        shown = repr(value) if isinstance(value, str) else value
        raise SettingError(argument, expected=f"an integer of at least {least}", got=shown)


def check_word(argument: str, value: object, words: Collection[str]) -> None:
    """Raises SettingError unless the value is one of these words.

    argument: name of the setting, for the error. value: to check. words: that are accepted.

    >>> check_word("split", "train", ("train", "test"))
    """
    if not isinstance(value, str) or value not in words:
        raise SettingError(argument, expected=f"one of {', '.join(words)}", got=repr(value))


def check_flag(argument: str, value: object) -> None:
    """Raises SettingError unless the value is True or False.

    >>> check_flag("nesterov", True)
    """
    if not isinstance(value, bool):
        raise SettingError(argument, expected="True or False", got=repr(value))


def check_text(argument: str, value: object, *, none: bool = False) -> None:
    """Raises SettingError unless the value is a text, or None where it may be.

    argument: name of the setting, for the error. value: to check. none: whether None is accepted, default no.

    >>> check_text("folder", None, none=True)
    """
    if not isinstance(value, str) and not (none and value is None):
        raise SettingError(argument, expected="a text, or None" if none else "a text", got=repr(value))


def check_texts(argument: str, value: object) -> None:
    """Raises SettingError unless the value is a tuple of texts.

    >>> check_texts("factors", ("posX", "posY"))
    """
    if not isinstance(value, tuple) or not all(isinstance(each, str) for each in value):
        raise SettingError(argument, expected="a tuple of texts", got=repr(value))

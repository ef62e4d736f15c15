"""The errors a caller can make, and what each one says: argument, expected, got, what to do."""


class ShapeError(ValueError):
    """An array or tensor has the wrong shape."""


class DataError(ValueError):
    """A data set, a file or a table of codes cannot be used as it is."""


class SettingError(ValueError):
    """A setting has a value that makes no sense, or a name that does not exist."""


class GroupError(ValueError):
    """A group has no such element, subgroup or representation."""


class FieldTypeError(ValueError):
    """Field types do not fit: of two layers, of a layer and its input, or of a field and what is done to it."""


class EquivarianceError(ValueError):
    """What was asked for would break the symmetry, or a module that was checked does."""


class ActionError(ValueError):
    """What was given as an action of a group is none: it breaks the identity, a product or an inverse."""

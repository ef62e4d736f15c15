"""The errors a caller can make, and what each one says: argument, expected, got, what to do."""


class ShapeError(ValueError):
    """An array or tensor has the wrong shape."""


class DataError(ValueError):
    """A data set, a file or a table of codes cannot be used as it is."""


class SettingError(ValueError):
    """A setting has a value that makes no sense, or a name that does not exist."""

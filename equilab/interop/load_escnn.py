"""The package escnn, imported when it is first asked for."""

import warnings
from types import ModuleType


def load_escnn() -> ModuleType:
    """The package escnn, mended; ModuleNotFoundError where it, or one of its helpers, is not installed.

    escnn 1.0.11 hands an np.matrix to scikit-learn, which refuses it, whenever it has to find Clebsch-Gordan
    coefficients itself: on O(2), D_n and in space. Without the one function that it takes from there, it uses scipy's.
    """
    try:
        with warnings.catch_warnings():
            # py3nj has no wheels; without it, the coefficients are found numerically
            warnings.filterwarnings("ignore", "`py3nj` package not found", UserWarning)
            import escnn.group._numerical
            import escnn.gspaces
            import escnn.nn
    except ModuleNotFoundError as error:
        missing = (error.name or "escnn").partition(".")[0]
        raise ModuleNotFoundError(
            f"equilab.interop.escnn needs escnn, and there is no module named {missing!r}: run\n"
            '    pip install "equilab[escnn]"\n'
            "    pip install --no-deps escnn==1.0.11\n"
            "with Python 3.11 or 3.12 (--no-deps leaves out py3nj, which needs a Fortran compiler)",
            name=missing,
        ) from error
    escnn.group._numerical.randomized_svd = None  # pyright: ignore[reportAttributeAccessIssue]
    return escnn

"""Every mutant that a check must catch; each has a sound twin that must pass."""

from mutants_case import Mutant
from mutants_channels import CHANNELS
from mutants_geometry import GEOMETRY
from mutants_numbers import NUMBERS
from mutants_sets import SETS
from mutants_space import SPACE
from mutants_weights import WEIGHTS

MUTANTS: tuple[Mutant, ...] = (*GEOMETRY, *WEIGHTS, *CHANNELS, *NUMBERS, *SETS, *SPACE)

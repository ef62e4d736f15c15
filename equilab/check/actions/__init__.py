"""How groups act on the leaves of inputs and outputs: types, groups, and their elements."""

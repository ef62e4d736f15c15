"""What is asked and measured: inputs moved, errors, round-off, tolerances, controls and the verdict."""

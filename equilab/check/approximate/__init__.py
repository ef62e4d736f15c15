"""Symmetry that is only approximate: errors over angles and shifts, and Lie derivatives."""

"""Gradient boosted trees, all classes of a stage at once."""

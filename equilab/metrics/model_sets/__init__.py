"""Scores of models against each other, and of studies over methods, settings and seeds."""

"""Scores of codes against known factors of variation; one metric per file."""

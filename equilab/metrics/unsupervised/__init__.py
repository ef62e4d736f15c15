"""Scores of codes alone: no factor is looked at."""

"""Classifiers fitted to their optimum, all classes at once; what several metrics read scores from."""

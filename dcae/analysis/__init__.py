"""Measurements: other codecs, rate-distortion points, curves and what they say of each other."""

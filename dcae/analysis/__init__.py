"""Measurements: what a coding goes through and costs, other codecs, curves and what they say of each other."""

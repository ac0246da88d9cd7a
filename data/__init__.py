"""Shipped images, weights and published points, installed as the resource package ``dcae_data``."""

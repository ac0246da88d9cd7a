"""Photos to train on: from folders or tar shards to batches of random crops, the same ones however a run is cut."""

from dcae.training.data.opening import open_photos
from dcae.training.data.photos import TrainingPhotos

__all__ = ["TrainingPhotos", "open_photos"]

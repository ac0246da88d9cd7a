"""Training: from a folder of photos to weights. Nothing else in the project imports it but the command line."""

from dcae.training.config import TrainingConfig
from dcae.training.trainer import resume, train

__all__ = ["TrainingConfig", "resume", "train"]

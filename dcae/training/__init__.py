"""Training: from a folder of photos to weights. Nothing else in the project imports it but the command line."""

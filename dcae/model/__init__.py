"""The network: one noun of the paper a module. Knows tensors; does not know files, images on disk or coded bytes."""

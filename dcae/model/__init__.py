"""The network: one noun of the paper a module. Knows tensors; does not know files, images on disk or coded bytes."""

import warnings

# CompressAI brings in torch_geometric, which greets its user with a deprecation of its own on every first import.
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)
    import compressai.entropy_models  # noqa: F401

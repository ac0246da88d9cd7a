"""From image to file and back: the container, the entropy coder, the scale levels and the codec that joins them."""

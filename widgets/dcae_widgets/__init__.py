"""Views for Jupyter that hold data, never a network: nothing in this package reaches torch."""

"""`python -m dcae.cli`: the command `dcae` where its script is not at hand, as in the processes of one run."""

from dcae.cli import app

app()

"""`dcae` as a program of its own, whose runs end soon: at their end z's prior is fitted to few crops, in few steps."""

import dcae.training.loop
import dcae.training.prior
from dcae.cli import app

PRIOR_CROPS, PRIOR_STEPS = 4, 5

if __name__ == "__main__":
    dcae.training.loop.PRIOR_CROPS, dcae.training.prior.STEPS = PRIOR_CROPS, PRIOR_STEPS
    app()

"""`dcae` as a program of its own, whose runs end soon: at their end prior and tables are fitted to few crops."""

import dcae.training.loop
import dcae.training.prior
from dcae.cli import app

FITTED_CROPS, PRIOR_STEPS = 4, 5

if __name__ == "__main__":
    dcae.training.loop.FITTED_CROPS, dcae.training.prior.STEPS = FITTED_CROPS, PRIOR_STEPS
    app()

"""`dcae` as a program of its own, whose runs end soon: at their end prior and tables are fitted to few crops."""

import dcae.training.loop
import dcae.training.prior
from dcae.cli import app

PRIOR_CROPS, PRIOR_STEPS, TABLE_CROPS = 4, 5, 4

if __name__ == "__main__":
    dcae.training.loop.PRIOR_CROPS, dcae.training.prior.STEPS = PRIOR_CROPS, PRIOR_STEPS
    dcae.training.loop.TABLE_CROPS = TABLE_CROPS
    app()

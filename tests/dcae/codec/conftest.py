"""What the codec's tests share: the tables that code the 64 levels, as CompressAI makes them."""

import pytest
from compressai.entropy_models import GaussianConditional

from dcae.codec.latent_coder import tables_of
from dcae.codec.symbol_tables import SymbolTables
from dcae.config import scale_table


@pytest.fixture(scope="session")
def level_tables() -> SymbolTables:
    """The table of each level: what `DCAE.update` leaves in a model."""
    gaussian = GaussianConditional(None)
    gaussian.update_scale_table(scale_table(), force=True)
    return tables_of(gaussian)

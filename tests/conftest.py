"""What all tests share: where the repository is, where Kodak's photos are, and no deadlines for hypothesis.

Where several processes share the tests each takes its part of the processor's cores, and so does what it starts: more
threads than cores wait for each other in loops. It is said to OpenMP before torch is imported.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    workers = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))

ROOT = Path(__file__).parents[1]
# pytest looks for doctests in every file; these are programs that run as processes of their own.
PROGRAMS = ("exact", "fuzz", "kills", "visitors")
collect_ignore = [
    str(path) for folder in PROGRAMS for path in (ROOT / "tests" / folder).glob("*.py") if path.name[:5] != "test_"
]

# A busy machine is no failure: the parent keeps what hypothesis chooses for continuous integration.
settings.register_profile("dcae", parent=settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("dcae")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def kodak() -> list[Path]:
    """Kodak's 24 photos (768 x 512 or 512 x 768 px) in order, from $DCAE_KODAK or beside the repository."""
    folder = Path(os.environ.get("DCAE_KODAK", ROOT.parent / "shared" / "images" / "kodak"))
    photos = sorted(folder.glob("*.png"))
    if len(photos) != 24:
        pytest.skip(f"{folder} holds {len(photos)} of Kodak's 24 photos: set DCAE_KODAK to their folder")
    return photos

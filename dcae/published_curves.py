"""What others published on Kodak's 24 photos, each curve with its source and with what to mind when comparing.

The numbers are data of the package (`data/published`), found through importlib.resources. Knows numbers and
words only: what is compared with them, and how, is for others to say (`dcae.analysis.ladder`).
"""

import json
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, kw_only=True)
class PublishedCurve:
    """One codec's rate-distortion curve as its source gives it, from low to high rate.

    Attributes:
        name: what tables call it, such as "vtm".
        title: what it is, and whose.
        source: where the numbers stand: repository, commit and file.
        url: the same as an address.
        averaging: how the points of the photos became one.
        note: what to mind when something is compared with it.
        bpp: mean bits per pixel of each point.
        psnr_db: mean RGB PSNR of each point, dB.
    """

    name: str
    title: str
    source: str
    url: str
    averaging: str
    note: str
    bpp: tuple[float, ...]
    psnr_db: tuple[float, ...]

    @property
    def points(self) -> list[tuple[float, float]]:
        """The points as :func:`dcae.rd.bd_rate` takes them: (bpp, PSNR in dB)."""
        return list(zip(self.bpp, self.psnr_db, strict=True))


def published_curves() -> dict[str, PublishedCurve]:
    """The curves by name, from the one that is easiest to pass to the best.

    >>> list(published_curves())
    ['bmshj2018-factorized', 'bmshj2018-hyperprior', 'shallow-ntc-2-layer', 'mbt2018-mean', 'bpg', 'vtm', 'dcae']
    """
    return _read("kodak.json")


def audit_curves() -> dict[str, PublishedCurve]:
    """Curves that show how far a BD-rate depends on its anchor, by name: another VTM, and more learned codecs.

    >>> list(audit_curves())
    ['vtm-12.1-bench', 'elic', 'tcm-large', 'hpcm-large']
    """
    return _read("anchors.json")


def _read(file: str) -> dict[str, PublishedCurve]:
    record = json.loads((files("dcae_data") / "published" / file).read_text("utf-8"))
    shared = {"averaging": record["averaging"]} if "averaging" in record else {}  # else each curve has its own
    curves = [
        PublishedCurve(**shared | entry | {key: tuple(entry[key]) for key in ("bpp", "psnr_db")})
        for entry in record["curves"]
    ]
    return {curve.name: curve for curve in curves}

"""A page about one photo as one HTML file: the project's viewer, run without a kernel, and numbers as tables.

Everything is inside the file; its own policy forbids requests. Knows HTML. Does not know networks or codecs.
"""

from __future__ import annotations

import colorsys
import json
import math
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcae.photo_page import PageCoding, PhotoPage
from dcae_widgets.front_end import front_end
from dcae_widgets.heat import heat_image
from dcae_widgets.page_curves import curves_svg
from dcae_widgets.page_pictures import StoredPicture, png_uri, stored_pictures

MAX_BYTES = 12_000_000
"""The largest page."""
_SPARE_BYTES = 100_000
"""Room for the loss of each picture in words, which is known only once the pictures have been stored."""
_TOP_ENTRIES = 6
_GOLDEN = 0.6180339887
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page_html(page: PhotoPage, max_bytes: int = MAX_BYTES) -> str:
    """The whole file.

    Args:
        page: what it shows.
        max_bytes: of the file, as UTF-8.

    Raises:
        ValueError: the pictures do not fit, whatever their quality.
    """
    codings = [_coding_data(coding) for coding in page.codings]
    images = [page.image, *(coding.picture for coding in page.codings)]
    blank = [StoredPicture("", math.inf)] * len(images)
    most_chars = max_bytes - _SPARE_BYTES - len(_filled(page, codings, blank).encode())
    return _filled(page, codings, stored_pictures(images, most_chars))


def _filled(page: PhotoPage, codings: list[dict[str, Any]], stored: list[StoredPicture]) -> str:
    start = len(page.codings) // 2
    original, *pictures = stored
    shown = [picture.uri for picture in pictures]
    shown[start] = ""  # it is in the page already, for those without JavaScript
    data = {
        "start": start,
        "mapNames": page.codings[0].rate_map.names,
        "codings": [
            coding | {"picture": uri, "stored": picture.words}
            for coding, uri, picture in zip(codings, shown, pictures, strict=True)
        ],
    }
    code, style = front_end("page", "photo_view").values()
    title, first = escape(page.title), page.codings[start]
    size = f'width="{page.image.shape[1]}" height="{page.image.shape[0]}"'
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · DCAE</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<header><h1>{title}</h1><p>{escape(_intro(page))}</p></header>
<section id="controls" class="controls" aria-label="What is shown" hidden>
<label>Trade-off λ <input id="lmbda" type="range" min="0" max="{len(page.codings) - 1}" step="1" value="{start}"\
{" disabled" if len(page.codings) == 1 else ""}><output id="lmbda-value" for="lmbda"></output></label>
<label>Over the compressed picture <select id="overlay"></select></label>
<label>Strength <input id="strength" type="range" min="10" max="100" step="5" value="70"></label>
</section>
<div id="viewer"></div>
<div id="legend" class="legend" role="status"></div>
<div id="still" class="still">
<figure><img id="original" {size} alt="The original: {title}" src="{original.uri}">
<figcaption>Original</figcaption></figure>
<figure><img id="first" {size} alt="The compressed picture" src="{pictures[start].uri}">
<figcaption>Compressed, λ {_lmbda(first)}</figcaption></figure>
</div>
<p id="numbers" class="numbers" aria-live="polite">{escape(_said(first))}</p>
<section><h2>Rate and distortion of this photo</h2>
{_curves(page, start)}</section>
<section><h2>All numbers</h2>
<div class="scroll" tabindex="0" role="region" aria-label="All numbers">{_table(page, pictures)}</div>
<p class="note">Bytes are of the whole file; shares are of them; "other" is its header and checksums.
PSNR is over R, G and B of 8-bit pictures. MS-SSIM needs sides of 161 px or more.
{_storage(original, pictures)}</p></section>
<section><h2>How this was made</h2><dl>{_made(page)}</dl></section>
</main>
<script type="application/json" id="page-data">{_json(data)}</script>
<script type="module">{code}</script>
</body>
</html>
"""


def _intro(page: PhotoPage) -> str:
    height, width = page.image.shape[:2]
    what = f"{width} × {height} px"
    if page.part is not None:
        left, top, _, _ = page.part
        source = "{} × {}".format(*page.source_size)
        what = f"A part of {what} of a photo of {source} px, from column {left} and row {top} on"
    return f"{what}, compressed by the learned image codec DCAE. Every picture and number is of a real coding."


def _coding_data(coding: PageCoding) -> dict[str, Any]:
    bits = coding.rate_map.bits_per_px
    total, most = bits.sum(axis=0), float(bits.max())
    maps = [(total, float(total.max())), *((each, most) for each in bits)]
    return {
        "lmbda": _lmbda(coding),
        "said": _said(coding),
        "most": [f"{high:.3g}" for _, high in maps],
        "maps": [png_uri(heat_image(each, 0, high or 1.0)) for each, high in maps],
        "winners": [] if coding.winners is None else [png_uri(_colours(each)) for each in coding.winners],
        "top": [] if coding.winners is None else [_top(each) for each in coding.winners],
    }


def _colour(entry: int) -> tuple[int, int, int]:
    """An entry's colour: neighbours in number are far apart in hue."""
    red, green, blue = colorsys.hls_to_rgb(entry * _GOLDEN % 1, (0.42, 0.58, 0.72)[entry % 3], 0.75)
    return round(255 * red), round(255 * green), round(255 * blue)


def _colours(winners: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return np.array([_colour(entry) for entry in range(int(winners.max()) + 1)], np.uint8)[winners]


def _top(winners: NDArray[np.uint16]) -> list[tuple[int, str, str]]:
    """The entries that win most places: number, colour, share of the places."""
    counts = np.bincount(winners.ravel())
    best = np.argsort(-counts, kind="stable")[:_TOP_ENTRIES]
    return [
        (int(entry), "rgb({} {} {})".format(*_colour(int(entry))), f"{100 * counts[entry] / winners.size:.1f} %")
        for entry in best
        if counts[entry]
    ]


def _lmbda(coding: PageCoding) -> str:
    lmbda = coding.rate_map.file.lmbda
    return "fixed" if lmbda is None else f"{lmbda:.4g}"


def _psnr(coding: PageCoding) -> str:
    return "identical" if math.isinf(coding.psnr_db) else f"{coding.psnr_db:.2f}"


def _ms_ssim(coding: PageCoding) -> str:
    return "n/a" if coding.ms_ssim is None else f"{coding.ms_ssim:.4f}"


def _said(coding: PageCoding) -> str:
    file = coding.rate_map.file
    psnr = _psnr(coding) + ("" if math.isinf(coding.psnr_db) else " dB")
    words = f"λ {_lmbda(coding)}: {file.total_bytes:,} bytes, {file.bpp:.3f} bits a pixel, PSNR {psnr}"
    return words if coding.ms_ssim is None else f"{words}, MS-SSIM {_ms_ssim(coding)}"


def _curves(page: PhotoPage, start: int) -> str:
    ours = [(coding.rate_map.file.bpp, coding.psnr_db) for coding in page.codings]
    keys = [
        f'<li><span class="key other-{index}"></span><span>{escape(curve.label)}<small>{escape(curve.settings)}'
        "</small></span></li>"
        for index, curve in enumerate(page.curves)
    ]
    own = '<li><span class="key ours"></span><span>DCAE<small>the ring is the picture above</small></span></li>'
    return f'<div class="plot">{curves_svg(ours, page.curves, start)}<ul class="keys">{own}{"".join(keys)}</ul></div>'


def _table(page: PhotoPage, pictures: list[StoredPicture]) -> str:
    parts = [name.removeprefix("header and ") for name, _ in page.codings[0].rate_map.file.parts]
    heads = ["λ", "Bytes", "Bits a pixel", "PSNR (dB)", "MS-SSIM", *parts, "Stored here"]
    rows = []
    for index, (coding, picture) in enumerate(zip(page.codings, pictures, strict=True)):
        file = coding.rate_map.file
        cells = [f"{file.total_bytes:,}", f"{file.bpp:.4f}", _psnr(coding), _ms_ssim(coding)]
        cells += [f"{100 * size / file.total_bytes:.1f} %" for _, size in file.parts] + [picture.words]
        columns = "".join(f"<td>{cell}</td>" for cell in cells)
        rows.append(f'<tr data-index="{index}"><th scope="row">{_lmbda(coding)}</th>{columns}</tr>')
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _storage(original: StoredPicture, pictures: list[StoredPicture]) -> str:
    if all(math.isinf(picture.loss_db) for picture in (original, *pictures)):
        return "All pictures are stored in this page without loss."
    return (
        "To keep this page small some pictures are stored with a loss of their own, given as the PSNR of what you see "
        f"against the real picture (original: {original.words}); all measures above are of the real pictures."
    )


def _made(page: PhotoPage) -> str:
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in page.made)


def _json(data: Any) -> str:
    """JSON that cannot end the script that it stands in."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")

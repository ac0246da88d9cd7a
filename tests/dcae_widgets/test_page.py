"""A page is one file that requests nothing, is not too large, and says what its record says."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from dcae.rd import psnr_db
from dcae_widgets.page import page_html

from .photo_pages import made_up_page

HOSTILE = '</title></script><script>alert(1)</script><img src=x onerror=alert(1)>&".png'


class Loads(HTMLParser):
    """What a page would load, its elements' names, and the texts of its table's cells."""

    def __init__(self, html: str):
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]


def data_of(html: str) -> dict:
    found = re.search(r'id="page-data">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def decoded(uri: str) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB"))


def images_of(html: str) -> list[np.ndarray]:
    """The pictures as the page has them: the original, then the codings'."""
    by_id = dict(re.findall(r'<img id="(\w+)".*?src="(.*?)"', html))
    data = data_of(html)
    shown = [coding["picture"] or by_id["first"] for coding in data["codings"]]
    return [decoded(uri) for uri in (by_id["original"], *shown)]


def rows_of(html: str) -> list[list[str]]:
    rows = re.findall(r'<tr data-index="\d+">(.*?)</tr>', html)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_everything_that_is_loaded_is_in_the_file():
    html = page_html(made_up_page())
    loads = Loads(html).loads
    assert loads
    assert all(load.startswith("data:") for load in loads)
    assert not re.search(r"url\((?!#)|@import|\bimport[ (]|fetch\(|XMLHttpRequest|WebSocket", html)
    assert "default-src 'none'" in html


def test_a_photos_name_is_text_and_nothing_else():
    html = page_html(made_up_page(HOSTILE))
    plain = Loads(page_html(made_up_page()))
    assert Loads(html).tags == plain.tags
    assert HOSTILE not in html
    assert "<title>&lt;/title&gt;" in html


def test_the_table_says_what_the_record_says():
    page = made_up_page()
    for row, coding in zip(rows_of(page_html(page)), page.codings, strict=True):
        file = coding.rate_map.file
        assert row[0] == f"{file.lmbda:.4g}"
        assert int(row[1].replace(",", "")) == file.total_bytes
        assert float(row[2]) == pytest.approx(8 * file.total_bytes / (96 * 64), abs=1e-4)
        assert float(row[3]) == pytest.approx(psnr_db(page.image, coding.picture), abs=0.01)
        assert row[4] == "n/a"
        assert float(row[6].rstrip(" %")) == pytest.approx(100 * file.slice_bytes[0] / file.total_bytes, abs=0.06)
        assert sum(float(cell.rstrip(" %")) for cell in row[5:-1]) == pytest.approx(100, abs=0.25)


def test_with_room_the_pictures_are_exactly_the_records():
    page = made_up_page()
    for stored, real in zip(
        images_of(page_html(page)), [page.image, *(each.picture for each in page.codings)], strict=True
    ):
        np.testing.assert_array_equal(stored, real)


def test_without_room_each_picture_says_its_own_loss_and_the_page_keeps_its_bound():
    page = made_up_page()
    bound = len(page_html(page).encode()) + 100_000 - 40_000
    html = page_html(page, bound)
    assert len(html.encode()) <= bound
    assert any("JPEG" in row[-1] for row in rows_of(html))
    for row, stored, coding in zip(rows_of(html), images_of(html)[1:], page.codings, strict=True):
        loss = psnr_db(stored, coding.picture)
        assert row[-1] == ("lossless" if loss == float("inf") else f"JPEG, {loss:.1f} dB")


def test_no_room_at_all_is_an_error():
    with pytest.raises(ValueError, match=r"has room for -?[0-9]+ characters in the page"):
        page_html(made_up_page(), 1000)


def test_maps_have_a_colour_for_each_place_and_the_most_bits_of_a_pixel():
    page = made_up_page()
    for coding, record in zip(data_of(page_html(page))["codings"], page.codings, strict=True):
        assert [decoded(uri).shape for uri in coding["maps"]] == [(4, 6, 3)] * 4
        assert float(coding["most"][0]) == pytest.approx(record.rate_map.total.max() / 256, rel=0.01)
        brightest = decoded(coding["maps"][0]).astype(int).sum(axis=-1).argmax()
        assert brightest == record.rate_map.total.argmax()


def test_winners_have_their_entrys_colour_and_share():
    page = made_up_page()
    coding, winners = data_of(page_html(page))["codings"][0], page.codings[0].winners
    assert winners is not None
    for uri, top, each in zip(coding["winners"], coding["top"], winners, strict=True):
        for entry, colour, share in top:
            assert float(share.rstrip(" %")) == pytest.approx(100 * (each == entry).mean(), abs=0.06)
            assert set(map(tuple, decoded(uri)[each == entry])) == {tuple(map(int, colour[4:-1].split()))}


def test_a_part_of_a_photo_says_so():
    html = page_html(made_up_page(part=(10, 20, 96, 64)))
    assert "A part of 96 × 64 px of a photo of 3000 × 2000 px, from column 10 and row 20 on" in html

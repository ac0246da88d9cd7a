"""Two matched files in words: what they say about each other, in any relation, and why there is none."""

import math

import pytest

from dcae.codec.matching import Lock, Missed
from dcae_widgets.match_words import error_html, missed_words, missing_html, pair_html, pair_words

from .matched_files import file


@pytest.mark.parametrize(
    ("size", "psnr_db", "lock", "words"),
    [
        (1000, 32.0, "bytes", "With the same bytes WebP is 2.00 dB worse than ours."),
        (1010, 35.5, "bytes", "With the same bytes WebP is 1.50 dB better than ours."),
        (1520, 34.04, "bytes", "With 1.52 times the bytes WebP has the PSNR of ours."),
        (700, 33.0, "bytes", "With 0.70 times the bytes WebP is 1.00 dB worse than ours."),
        (1310, 34.1, "psnr_db", "For this PSNR WebP needs 1.31 times the bytes of ours."),
        (1000, math.inf, "bytes", "With the same bytes WebP is ∞ dB better than ours."),
    ],
)
def test_two_files_say_how_they_stand(size: int, psnr_db: float, lock: Lock, words: str):
    assert pair_words(file("ours", 1000, 34.0), file("WebP", size, psnr_db), lock) == words


def test_two_perfect_pictures_are_alike():
    files = [file(name, 1000, math.inf) for name in ("ours", "WebP")]
    assert pair_words(files[0], files[1], "bytes") == "With the same bytes WebP has the PSNR of ours."


def test_what_is_missed_says_what_can_be_had():
    missed = Missed(name="JPEG", reason="5 bytes are out of reach: ...", reach=(2869.0, 160_000.0))
    assert missed_words(missed, "bytes") == "JPEG makes files of 2,869 to 160,000 bytes of this photo."
    missed = Missed(name="JPEG", reason="...", reach=(22.125, math.inf))
    assert missed_words(missed, "psnr_db") == "JPEG makes pictures of 22.12 to ∞ dB of this photo."
    assert missed_words(Missed(name="VVC", reason="it took too long"), "bytes") == "VVC: it took too long"


def test_page_has_a_line_for_each_file_and_one_without_numbers_for_none():
    html = pair_html([file("<ours>", 1234, 34.0, 0.0123), Missed(name="JPEG", reason="no")], ["one & two", "three"])
    for words in ("&lt;ours&gt;", "1,234", "34.00 dB", "0.0123", "JPEG", "one &amp; two", "three"):
        assert words in html
    assert html.count("–") == 4
    assert "∞<" in pair_html([file("a", 1, math.inf), file("b", 1, 30.0)], [])


def test_missing_codecs_are_named_with_their_reasons():
    html = missing_html({"AVIF": "built <without> it", "VVC": "no program"})
    assert "AVIF (built &lt;without&gt; it); VVC (no program)" in html


def test_errors_are_an_alert_and_no_error_is_nothing():
    assert 'role="alert"' in error_html("a < b")
    assert "a &lt; b" in error_html("a < b")
    assert error_html("") == ""

"""The table of all codecs: its order by any measure, its numbers, its reasons, and the same for a CSV file."""

from html.parser import HTMLParser

import pytest

from dcae.codec.matching import Missed
from dcae_widgets.codec_table import BYTES, PSNR, off_target, sorted_rows, table_html, table_rows
from dcae_widgets.match_making import Row, TableWanted

from .matched_files import ROWS, file, row


class Cells(HTMLParser):
    """The words of each line of a table, and how its columns are sorted."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines: list[list[str]] = []
        self.sorted: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.lines.append([])
        if tag in ("td", "th"):
            self.lines[-1].append("")
            self.sorted += [value or "" for name, value in attrs if name == "aria-sort"]

    def handle_data(self, data: str) -> None:
        if self.lines:
            self.lines[-1][-1] += data


@pytest.mark.parametrize(
    ("by", "names"),
    [
        (PSNR, ["ours", "WebP", "JPEG", "AVIF"]),
        ("MS-SSIM", ["WebP", "JPEG", "ours", "AVIF"]),
        (BYTES, ["WebP", "JPEG", "ours", "AVIF"]),
        ("LPIPS", ["ours", "JPEG", "AVIF", "WebP"]),  # a distance; those without a number as they came
    ],
)
def test_best_codec_comes_first(by: str, names: list[str]):
    assert [each.found.name for each in sorted_rows(ROWS, by)] == names


def test_which_measures_are_distances_can_be_told():
    rows = sorted_rows(ROWS, "MS-SSIM", less_is_better=["MS-SSIM"])
    assert [each.found.name for each in rows] == ["ours", "JPEG", "WebP", "AVIF"]


def test_distance_to_the_target_is_a_share_of_the_bytes_or_db():
    assert off_target(row(file("a", 950, 30.0), 1000)) == pytest.approx(-0.05)
    assert off_target(ROWS[1]) is None
    in_db = TableWanted(ROWS[0].table.photo, "psnr_db", 30.0, ("a",), None)
    assert off_target(Row(in_db, file("a", 950, 30.25), {}, {})) == 0.25
    html = table_html([Row(in_db, file("a", 950, 30.25), {}, {})], [PSNR], PSNR, "", {})
    assert Cells(html).lines[1][2] == "+0.25 dB"


def test_page_shows_numbers_and_reasons():
    html = table_html(ROWS, [PSNR, "LPIPS"], PSNR, "All <codecs>", {"VVC": "no program"})
    cells = Cells(html)
    assert cells.lines[0] == ["codec", "bytes", "off target", "bits a pixel", "quality", PSNR, "LPIPS"]
    assert cells.lines[1] == ["JPEG", "980", "-2.0%", "10.208", "5", "30.00", "0.3000"]
    assert cells.lines[2] == ["AVIF", "no <codec>"]
    assert cells.lines[3] == ["ours", "1,000", "+0.0%", "10.417", "–", "34.00", "0.1000"]
    assert cells.lines[4][-1] == "–"
    assert cells.lines[5] == ["VVC", "no program"]
    assert "All &lt;codecs&gt;" in html


def test_sorted_column_says_which_way():
    assert Cells(table_html(ROWS, [PSNR, "LPIPS"], PSNR, "", {})).sorted == ["descending"]
    assert Cells(table_html(ROWS, [PSNR, "LPIPS"], "LPIPS", "", {})).sorted == ["ascending"]


def test_reason_of_a_measure_is_said_once():
    rows = [Row(each.table, each.found, each.values, {"LPIPS": "no weights"}) for each in ROWS]
    assert table_html(rows, [PSNR, "LPIPS"], PSNR, "", {}).count("LPIPS: no weights") == 1


def test_csv_has_the_numbers_unrounded():
    heads, lines = table_rows(ROWS, [PSNR, "LPIPS"])
    assert heads == ["codec", "target", "target_of", "bytes", "bpp", "quality", "off_target", PSNR, "LPIPS", "reason"]
    assert lines[0] == ["JPEG", 1000, "bytes", 980, 8 * 980 / (24 * 32), 5, 980 / 1000 - 1, 30.0, 0.3, ""]
    assert lines[1] == ["AVIF", 1000, "bytes", None, None, None, None, None, None, "no <codec>"]
    assert all(len(line) == len(heads) for line in lines)


def test_file_out_of_reach_is_a_reason_too():
    missed = Missed(name="JPEG", reason="5 bytes are out of reach", reach=(10, 20))
    assert Cells(table_html([row(missed)], [PSNR], PSNR, "", {})).lines[1] == ["JPEG", "5 bytes are out of reach"]

"""The attention view's controls: they offer what a block has, and say what its position sees."""

from dcae_widgets.attention_controls import AttentionControls
from dcae_widgets.attention_window import AttentionWindow

from .attention_records import HEIGHT, PLAIN, SHIFTED, WIDTH, blocks


def controls() -> AttentionControls:
    return AttentionControls({"plain": PLAIN, "shifted": SHIFTED})


def test_offers_are_those_of_the_block():
    made = controls()
    made.offer(SHIFTED, 2, (5, 7))
    assert made.block.value == SHIFTED
    assert made.head.options == (("0 (of 2)", 0), ("1 (of 2)", 1))
    assert (made.row.max, made.column.max) == (4, 6)


def test_every_control_has_a_label():
    made = controls()
    labels = [made.block.description, made.head.description, made.row.description, made.column.description]
    assert labels == ["Block", "Head", "Row", "Column"]


def test_words_say_what_is_seen_and_what_is_masked():
    made = controls()
    made.offer(SHIFTED, 2, (5, 7))
    window = AttentionWindow(blocks()[SHIFTED], 1, 4, 1, HEIGHT, WIDTH)
    made.show(window)
    assert (made.head.value, made.row.value, made.column.value) == (1, 4, 1)
    assert "A map of 8 × 6 positions of 16 px. The chosen one is x 16 to 31, y 64 to 69 px" in made.words.value
    assert f"head 1 looks {window.distance_px:.1f} px far" in made.words.value
    assert "It sees 8 positions (outlined), x 0 to 31, y 32 to 69 px; weighed alike, each would have 12.5 %." in (
        made.words.value
    )
    assert "8 places of its window are masked (striped)" in made.words.value


def test_nothing_is_said_of_masks_where_there_are_none():
    made = controls()
    made.offer(PLAIN, 3, (9, 13))
    made.show(AttentionWindow(blocks()[PLAIN], 0, 0, 0, HEIGHT, WIDTH))
    assert "masked" not in made.words.value

"""What is chosen is what is asked for; what cannot be had gives way to what stood before."""

import pytest

from dcae.shipped_weights import shipped_weights
from dcae_widgets.explorer_choice import Choice, named_weights
from dcae_widgets.photo_source import PhotoSource, given_photo, shipped_photo, uploaded

from .fake_codec import photo

LMBDA = 0.02


@pytest.fixture
def first() -> PhotoSource:
    return given_photo(photo())


@pytest.fixture
def choice(first) -> Choice:
    return Choice(first, "fake", LMBDA)


def test_each_request_is_newer_than_all_before(choice):
    assert choice.newest.serial == 0
    requests = [choice.ask(final=False) for _ in range(3)]
    assert [wanted.serial for wanted in requests] == [1, 2, 3]
    assert choice.newest is requests[-1]


def test_request_is_for_what_is_chosen(choice):
    rocket = choice.photos["rocket"]
    choice.take(rocket, "other")
    choice.lmbda = 0.03
    wanted = choice.ask(final=True, visible=[1, 2, 3, 4], polish=True)
    assert (wanted.source, wanted.model, wanted.lmbda) == (rocket, "other", 0.03)
    assert (wanted.final, wanted.visible, wanted.polish) == (True, (1, 2, 3, 4), True)


def test_what_is_not_named_stays_as_it_was(choice, first):
    choice.take(model="other")
    assert (choice.source, choice.model) == (first, "other")
    choice.take(choice.photos["rocket"])
    assert (choice.source.name, choice.model) == ("rocket", "other")


def test_another_lambda_leaves_requests_alive_and_another_photo_or_model_makes_them_moot(choice):
    wanted = choice.ask(final=True)
    choice.lmbda = 0.03
    choice.ask(final=False)
    assert not choice.is_moot(wanted)
    for other in ({"source": choice.photos["rocket"]}, {"model": "other"}):
        choice.take(**other)
        assert choice.is_moot(wanted)
        wanted = choice.ask(final=True)
        assert not choice.is_moot(wanted)


def test_model_that_cannot_be_had_gives_way_to_the_one_before(choice):
    choice.good_model = "fake"
    choice.take(choice.photos["rocket"], "missing")
    wanted = choice.ask(final=True)
    assert choice.fall_back("model")
    assert (choice.source.name, choice.model) == ("rocket", "fake")
    assert choice.is_moot(wanted)


def test_model_stays_if_there_was_none_before_or_if_it_could_be_had(choice):
    wanted = choice.ask(final=True)
    assert not choice.fall_back("model")
    choice.good_model = "fake"
    assert not choice.fall_back("model")
    assert choice.model == "fake"
    assert not choice.is_moot(wanted)


def test_photo_that_cannot_be_had_gives_way_to_the_one_before_and_leaves_the_list(choice, first):
    notes = uploaded("notes.txt", b"not a picture")
    choice.photos.add(notes)
    choice.take(notes)
    assert choice.fall_back("photo")
    assert choice.source is first
    assert "notes.txt" not in choice.photos


def test_photo_that_was_shown_last_is_what_is_fallen_back_to(choice):
    choice.take(choice.photos["rocket"])
    choice.good_source = choice.source
    choice.take(shipped_photo("flower"))
    assert choice.fall_back("photo")
    assert choice.source.name == "rocket"
    assert not choice.fall_back("photo")


def test_work_that_fails_changes_no_choice(choice):
    choice.good_model = "fake"
    choice.take(choice.photos["rocket"], "other")
    wanted = choice.ask(final=True)
    assert not choice.fall_back("work")
    assert (choice.source.name, choice.model) == ("rocket", "other")
    assert not choice.is_moot(wanted)


def test_alias_becomes_the_immutable_name(first):
    assert named_weights("small") in shipped_weights()
    assert Choice(first, "small", LMBDA).model.startswith("small-")
    assert Choice(first, "fake", LMBDA).legal_model(" small ") == named_weights("small")


def test_typed_path_is_legal_only_where_paths_are(choice, first, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert choice.legal_model("~/weights ") == "/home/somebody/weights"
    visited = Choice(first, "~/theirs", LMBDA, paths=False)
    assert visited.model == "/home/somebody/theirs"
    assert visited.legal_model("small") == named_weights("small")
    with pytest.raises(ValueError, match="there is no model '~/weights' here; legal: small-"):
        visited.legal_model("~/weights ")

"""A photo's curves grow point by point, others' first, and what is known is not computed again."""

import numpy as np

from dcae.analysis.baselines import baseline
from dcae.codec.kept_codecs import Edition, Kept
from dcae.rd import ms_ssim_db, psnr_db
from dcae_widgets.events import CurveGrown, CurvesBegun, CurvesMeasured, Failed, Wanted
from dcae_widgets.live_window import Rect
from dcae_widgets.measuring import Measuring
from dcae_widgets.photo_curves import IS_MEASURED, NO_MEASURE, TOO_SMALL, PhotoCurves, beside_qualities
from dcae_widgets.photo_source import given_photo

from .fake_codec import LIMIT_S, FakeCodec, photo

SOURCE = given_photo(photo())


def wanted(generation: int = 0, model: str = "fake", source=SOURCE) -> Wanted:
    return Wanted(1, generation, source, model, 0.01, True)


def kept(codec: FakeCodec, edition: Edition = ()) -> Kept:
    return Kept(codec, edition)


def never() -> None:
    pass


def all_steps(curves: PhotoCurves) -> int:
    steps = 0
    while curves.step(never):
        steps += 1
    return steps


def test_others_curves_come_first_and_at_real_qualities():
    events = []
    curves, codec = PhotoCurves({"JPEG": baseline("jpeg")}, events.append), FakeCodec()
    curves.aim(wanted(), photo(), None, kept(codec), None)
    assert all_steps(curves) == 11 + 9
    grown = [event.name for event in events if isinstance(event, CurveGrown)]
    assert grown == ["JPEG"] * 11 + ["fake"] * 9
    assert codec.count("open") == 1


def test_points_are_what_the_codec_estimates():
    events = []
    curves, codec = PhotoCurves({}, events.append), FakeCodec()
    session = codec.open(photo())
    curves.aim(wanted(), photo(), None, kept(codec), session)
    assert curves.step(never)
    estimate = session.estimate(0.009486833)
    bpp, psnr, label, ms_ssim = events[-1].points[0]
    assert ms_ssim is None
    assert bpp == 8 * round(estimate.total_bytes) / (64 * 48)
    assert psnr == psnr_db(photo(), estimate.x_hat)
    assert label.startswith("λ 0.00948683, ")


def test_known_points_are_not_computed_again():
    events = []
    curves, codec = PhotoCurves({}, events.append), FakeCodec()
    curves.aim(wanted(), photo(), None, kept(codec), None)
    all_steps(curves)
    curves.aim(wanted(1, "other"), photo(), None, kept(FakeCodec()), None)
    all_steps(curves)
    curves.aim(wanted(2), photo(), None, kept(codec), None)
    assert not curves.step(never)
    assert isinstance(events[-1], CurvesBegun)
    assert len(events[-1].curves[0].points) == 9


def test_weights_that_were_written_anew_have_a_curve_of_their_own():
    events = []
    curves = PhotoCurves({}, events.append)
    for time_ns in (1, 2):
        curves.aim(wanted(), photo(), None, kept(FakeCodec(), (("best.safetensors", time_ns, 8),)), None)
        assert len(events[-1].curves[0].points) == 0
        assert all_steps(curves) == 9


def test_window_has_curves_of_its_own():
    events = []
    curves, codec, window = PhotoCurves({}, events.append), FakeCodec(), Rect(0, 0, 32, 16)
    curves.aim(wanted(), photo(), None, kept(codec), None)
    all_steps(curves)
    curves.aim(wanted(), window.cut(photo()), window, kept(codec), None)
    assert events[-1].rect == window
    assert all_steps(curves) == 9


def test_codec_that_cannot_is_named_and_does_not_hold_up_the_others():
    class Broken(FakeCodec):
        """Opens nothing."""

        def open(self, image):
            raise ValueError("sides are at most 10 px")

    events = []
    curves = PhotoCurves({"BROKEN": Broken()}, events.append)
    curves.aim(wanted(), photo(), None, kept(FakeCodec()), None)
    assert all_steps(curves) == 1 + 9
    failures = [event for event in events if isinstance(event, Failed)]
    assert [str(event.error) for event in failures] == ["BROKEN: sides are at most 10 px"]


def test_after_leaving_there_is_nothing_to_compute():
    curves = PhotoCurves({}, [].append)
    curves.aim(wanted(), photo(), None, kept(FakeCodec()), None)
    curves.leave()
    assert not curves.step(never)


def test_qualities_of_a_codec_without_named_ones_span_its_legal_ones():
    qualities = beside_qualities(FakeCodec(qualities=[float(quality) for quality in range(101)]))
    assert (len(qualities), qualities[0], qualities[-1]) == (10, 0, 100)
    assert len(beside_qualities(FakeCodec())) == 9
    assert beside_qualities(FakeCodec(qualities=None)) == (None,)
    assert np.all(np.diff(np.array(qualities)) > 0)


def measured_by(measure):
    """Curves whose points are measured, what they publish, and what measures them."""
    events, failed = [], []
    measuring = Measuring(measure, failed.append)
    return PhotoCurves({}, events.append, measuring), events, measuring


def last_words(events) -> str:
    return [event.words for event in events if isinstance(event, CurvesMeasured)][-1]


def test_points_are_measured_when_that_is_wanted_and_each_once():
    pairs = []
    curves, events, measuring = measured_by(lambda a, b: pairs.append((a, b)) or 0.9)
    codec = FakeCodec()
    curves.aim(wanted(), photo(), None, kept(codec), codec.open(photo()))
    all_steps(curves)
    assert pairs == []
    assert not [event for event in events if isinstance(event, CurvesMeasured)]
    curves.measure(True)
    assert all_steps(curves) == 9, "their pictures are needed once more"
    assert measuring.wait(LIMIT_S)
    assert [point[3] for point in events[-2].points] == [ms_ssim_db(0.9)] * 9
    assert (len(pairs), last_words(events)) == (9, "")
    np.testing.assert_array_equal(pairs[0][0], photo())
    curves.aim(wanted(1), photo(), None, kept(codec), None)
    assert all_steps(curves) == 0
    measuring.close()


def test_measuring_is_said_and_so_is_that_it_cannot_be_done():
    curves, events, measuring = measured_by(lambda a, b: None)
    curves.measure(True)
    curves.aim(wanted(), photo(), None, kept(FakeCodec()), None)
    assert curves.step(never)
    assert events[1].words == IS_MEASURED
    assert all_steps(curves) == 8
    assert measuring.wait(LIMIT_S)
    assert last_words(events) == TOO_SMALL
    measuring.close()
    nobody = PhotoCurves({}, events.append)
    nobody.measure(True)
    nobody.aim(wanted(), photo(), None, kept(FakeCodec()), None)
    assert all_steps(nobody) == 9
    assert last_words(events) == NO_MEASURE

"""What the program sets is not taken for the hand's."""

import pytest

from dcae_widgets.quiet import Quiet


def test_it_is_quiet_inside_and_not_outside_also_one_in_another():
    quiet = Quiet()
    assert not quiet
    with quiet:
        with quiet:
            assert quiet
        assert quiet
    assert not quiet


def test_an_error_ends_it():
    quiet = Quiet()
    with pytest.raises(KeyError), quiet:
        raise KeyError
    assert not quiet

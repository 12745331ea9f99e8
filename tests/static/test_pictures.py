"""docs/screenshots shows every page as `make screenshots` takes them, and nothing that is gone (issue 4)."""

from tests.screenshots.__main__ import FOLDER, MOST, names_wanted


def test_every_page_has_its_pictures_and_no_picture_is_left_of_a_page_that_is_gone() -> None:
    taken = {path.name for path in FOLDER.glob("*.*")}
    wanted = names_wanted()
    assert (sorted(wanted - taken), sorted(taken - wanted)) == ([], []), "make screenshots"


def test_all_pictures_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.*")) <= MOST

from __future__ import annotations

import pytest

from compat.__main__ import APART, arguments
from compat.cells import CELLS, NEWEST, chosen

OLDEST = "3.2.0"


def test_each_airflow_and_each_python_is_covered() -> None:
    assert {cell.airflow for cell in CELLS} == {OLDEST, "3.2.2", "3.3.0", "3.3.2", NEWEST}
    for airflow in (OLDEST, NEWEST):
        assert {cell.python for cell in CELLS if cell.airflow == airflow} == {"3.10", "3.13"}


def test_only_the_newest_takes_the_packages_of_today() -> None:
    """Else a new release of any package would break an old cell, and nobody could mend it."""
    assert {cell.airflow for cell in CELLS if not cell.until} == {NEWEST}


def test_everything_runs_with_the_lowest_and_with_the_newest() -> None:
    (lowest,) = [cell for cell in CELLS if cell.lowest]
    assert (lowest.airflow, lowest.python) == (OLDEST, "3.10")
    whole = [cell for cell in CELLS if cell.whole]
    assert lowest in whole and {cell.airflow for cell in whole} == {OLDEST, NEWEST}


def test_no_two_cells_share_a_folder() -> None:
    assert len({cell.name for cell in CELLS}) == len(CELLS)


def test_cells_are_chosen_by_a_part_of_their_name() -> None:
    assert chosen([]) == list(CELLS)
    assert {cell.airflow for cell in chosen(["3.2.0"])} == {OLDEST}
    assert [cell.name for cell in chosen(["lowest", "3.2.2"])] == ["3.2.0-py3.10-lowest", "3.2.2-py3.13"]


def test_the_name_of_one_cell_chooses_no_other() -> None:
    for cell in CELLS:
        assert chosen([cell.name]) == [cell]


def test_a_word_that_names_no_cell_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no cell has '3\.1\.0' in its name; there are: 3\.2\.0"):
        chosen(["3.2.0", "3.1.0"])


def test_other_cells_leave_out_what_imports_no_airflow() -> None:
    for cell in CELLS:
        left_out = {f"--ignore=tests/{room}" for room in APART}
        assert left_out & {*arguments("unit", cell)} == (set() if cell.whole else left_out)
        assert not left_out & {*arguments("system", cell)}

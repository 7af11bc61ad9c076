"""What commands print on a terminal, as wide as it is."""

import re

import terminal
from program import binary, fracas


def plain(text: str) -> str:
    return re.sub(r"\x1b\[\d*m", "", text)


@terminal.needed
def test_a_table_that_is_too_wide_is_told_row_by_row():
    wide = plain(terminal.screen(binary(), "codes", columns=400))
    assert wide.splitlines()[0].startswith("CODE"), wide
    narrow = plain(terminal.screen(binary(), "codes", columns=60))
    assert "TYPE_MISMATCH" in narrow and "CODE  " not in narrow
    cells = {word for line in wide.splitlines()[1:] for word in re.split(r"\s{2,}", line.strip()) if word != "-"}
    assert all(cell in narrow for cell in cells), "nothing is cut"


@terminal.needed
def test_styles_are_for_terminals():
    assert "\x1b[" in terminal.screen(binary(), "codes", columns=60)
    assert "\x1b[" not in fracas("codes").out

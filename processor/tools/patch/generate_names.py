#!/usr/bin/env python3
"""Writes the names of characters that turn up in text, for messages: generate_names.py --inc OUT

Names of Unicode never change, so any Python's unicodedata gives the same table for these blocks. Scripts whose
names are made by rule (CJK, Hangul) and rarer ones are left to the code that reads the table.
"""

import argparse
import pathlib
import unicodedata

BLOCKS = (
    (0x0080, 0x052F),  # Latin, IPA, combining marks, Greek, Cyrillic
    (0x0590, 0x06FF),  # Hebrew, Arabic
    (0x1E00, 0x20CF),  # more Latin and Greek, punctuation, currency
    (0x2100, 0x22FF),  # letter-like, arrows, mathematics
    (0x2500, 0x27BF),  # boxes, shapes, dingbats
    (0x3000, 0x30FF),  # CJK punctuation, Hiragana, Katakana
    (0xFB00, 0xFB06),  # ligatures
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFF00, 0xFFFF),  # half- and full-width forms, specials
    (0xE0020, 0xE007F),  # tags, which nobody sees
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inc", required=True, type=pathlib.Path, metavar="OUT")
    out = parser.parse_args().inc
    lines = [f'{{0x{point:04X}, "{name}"}},' for first, last in BLOCKS for point in range(first, last + 1)
             if (name := unicodedata.name(chr(point), ""))]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

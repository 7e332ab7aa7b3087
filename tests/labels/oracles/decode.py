"""Turns printer bytes back into pictures: own readers for TSPL, ESC/POS and DYMO, other people's for ZPL and Brother."""

import io
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image


def picture(rows, row_bytes, black_is_one=True):
    """Packed rows, leftmost dot in the highest bit, as a black-on-white picture."""
    data = b"".join(rows)
    if black_is_one:
        data = bytes(255 - b for b in data)
    return Image.frombytes("1", (row_bytes * 8, len(rows)), data)


def tspl(stream):
    """`BITMAP x,y,bytes,rows,mode,` and raw dots; black is 0. The length comes from the header, never from a scan."""
    head = re.search(rb"\nBITMAP ?(\d+), ?(\d+), ?(\d+), ?(\d+), ?0,", stream)
    row_bytes, count = int(head[3]), int(head[4])
    dots = stream[head.end() : head.end() + row_bytes * count]
    assert re.fullmatch(rb"\s*PRINT 1, ?1\s*", stream[head.end() + len(dots) :]), "what follows the dots is no PRINT"
    return picture([dots[i : i + row_bytes] for i in range(0, len(dots), row_bytes)], row_bytes, black_is_one=False)


def escpos(stream):
    """Bands of `GS v 0` that follow each other without a line feed."""
    rows, at, row_bytes = [], stream.index(b"\x1dv0\0"), None
    while stream[at : at + 4] == b"\x1dv0\0":
        row_bytes = int.from_bytes(stream[at + 4 : at + 6], "little")
        count = int.from_bytes(stream[at + 6 : at + 8], "little")
        dots = stream[at + 8 : at + 8 + row_bytes * count]
        rows += [dots[i : i + row_bytes] for i in range(0, len(dots), row_bytes)]
        at += 8 + len(dots)
    assert stream[at : at + 4] == b"\x1dVB\0" or stream[at : at + 2] == b"\x1d\x0c", "no cut and no feed after the bands"
    return picture(rows, row_bytes)


def dymo_commands(stream):
    """The stream as (command, argument) pairs, as the LabelWriter 450 technical reference cuts it."""
    lengths = {"@": 0, "A": 0, "E": 0, "G": 0, "h": 0, "i": 0, "c": 0, "d": 0, "e": 0, "g": 0,
               "B": 1, "D": 1, "q": 1, "L": 2, "Q": 2, "f": 2}
    # `ESC D` says how many bytes a row has, `ESC B` how many white ones stand before them.
    at, row_bytes, tab, found = 0, 84, 0, []
    while at < len(stream):
        if stream[at] == 0x16:
            found.append(("row", bytes(tab) + stream[at + 1 : at + 1 + row_bytes]))
            at += 1 + row_bytes
            continue
        if stream[at] == 0x17:
            # Run lengths: the highest bit is the colour, the others the run less one.
            bits, at = "", at + 1
            while len(bits) < row_bytes * 8:
                bits += ("1" if stream[at] & 0x80 else "0") * ((stream[at] & 0x7F) + 1)
                at += 1
            found.append(("row", bytes(tab) + int(bits, 2).to_bytes(row_bytes, "big")))
            continue
        assert stream[at] == 0x1B, f"{stream[at]:02x} at {at} is no command"
        if stream[at + 1] == 0x1B:
            at += 1
            continue
        command = chr(stream[at + 1])
        argument = stream[at + 2 : at + 2 + lengths[command]]
        if command == "D":
            row_bytes = argument[0]
        if command == "B":
            tab = argument[0]
        if command == "f":
            found += [("row", bytes(row_bytes))] * argument[1]
        else:
            found.append((command, argument))
        at += 2 + lengths[command]
    return found


def dymo(stream):
    """All rows of one label."""
    rows = [argument for command, argument in dymo_commands(stream) if command == "row"]
    return picture(rows, len(rows[0]))


def zpl(stream):
    """zebrafy reads `^GF` strictly: counts, base64 and checksum."""
    from zebrafy import ZebrafyZPL

    [found] = ZebrafyZPL(stream.decode("ascii")).to_images()
    return found.convert("1")


def brother(stream):
    """brother_ql's `analyze` turns the rows back and draws what comes out of the printer."""
    from brother_ql.reader import BrotherQLReader

    with tempfile.TemporaryDirectory() as folder:
        reader = BrotherQLReader(io.BytesIO(stream))
        reader.filename_fmt = folder + "/{counter}.png"
        out, sys.stdout = sys.stdout, io.StringIO()
        try:
            reader.analyse()
        finally:
            sys.stdout = out
        return Image.open(folder + "/1.png").convert("L").point(lambda v: 255 if v > 127 else 0).convert("1")


READERS = {"zpl": zpl, "tspl": tspl, "escpos": escpos, "dymo": dymo, "brother": brother}


def read(language, path):
    """The picture in the file, read as the language whose name begins with a reader's."""
    [reader] = [reader for name, reader in READERS.items() if language.startswith(name)]
    return reader(Path(path).read_bytes())

"""Compares the rows of our DYMO stream with those of Debian's raster2dymolw for the same picture."""

import struct
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

import decode


def cups_raster(image):
    """The picture as one page of plain CUPS raster, version 3, as 24-bit RGB (`cups_page_header2_t`, 1,796 bytes)."""
    width, height = image.size
    size = (int(width * 72 / 300), int(height * 72 / 300))
    header = b"".join(name.ljust(64, b"\0") for name in (b"", b"", b"", b""))
    # AdvanceDistance to Duplex, HWResolution, ImagingBoundingBox, InsertSheet to NegativePrint.
    header += struct.pack("<5I", 0, 0, 0, 0, 0) + struct.pack("<2I", 300, 300) + struct.pack("<4I", 0, 0, *size)
    header += bytes(40)
    # NumCopies, Orientation, OutputFaceUp, PageSize, Separations to Tumble.
    header += struct.pack("<8I", 1, 0, 0, *size, 0, 0, 0)
    # cupsWidth, cupsHeight, media type, bits a colour, bits a dot, bytes a line, chunked, RGB, no compression.
    header += struct.pack("<9I", width, height, 0, 8, 24, width * 3, 0, 1, 0)
    # cupsRowCount to cupsRowStep, cupsNumColors.
    header += struct.pack("<4I", 0, 0, 0, 3)
    return b"3SaR" + header.ljust(1796, b"\0") + image.convert("RGB").tobytes()


def same_rows(ours, picture, ppd):
    """Whether both put the same black rows on the label; the driver skips white in ways of its own."""
    wanted = Image.open(picture).convert("1")
    with tempfile.NamedTemporaryFile() as raster, tempfile.NamedTemporaryFile() as answers:
        raster.write(cups_raster(wanted))
        raster.flush()
        # The driver reads the printer's status from descriptor 3: ready, and at the top of a label, again and again.
        answers.write(b"\x03" * 100_000)
        answers.flush()
        script = 'exec /usr/lib/cups/filter/raster2dymolw 1 user title 1 "" "$1" 3<"$2"'
        command = ["sh", "-c", script, "sh", raster.name, answers.name]
        env = {"PPD": ppd, "PATH": "/usr/bin:/bin"}
        theirs = subprocess.run(command, env=env, capture_output=True, timeout=20).stdout

    def rows(stream):
        found = [row.rstrip(b"\0") for name, row in decode.dymo_commands(stream) if name == "row"]
        return [row for row in found if row]

    black = rows(theirs)
    return bool(black) and black == rows(Path(ours).read_bytes())

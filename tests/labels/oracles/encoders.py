"""Our own readers (ESC/POS, TSPL, DYMO) on what other people's programs write: python-escpos, label-printer, Debian's DYMO driver.

A reader that shares a mistake with our encoder would pass every other test. NNNN.png of the folder are the pictures, and
NNNN.bin our own DYMO streams of them.
usage: encoders.py FOLDER NODE_MODULES PPD
The answer is one JSON object: pictures, and how many came through each program dot by dot.
"""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

from escpos.printer import Dummy
from PIL import Image

import decode
import dymo_driver
from check import same


def by_python_escpos(path):
    """`GS v 0` in bands, and a partial cut."""
    # It has advice for people on standard output.
    with contextlib.redirect_stdout(sys.stderr):
        printer = Dummy()
        printer.image(Image.open(path).convert("L"), impl="bitImageRaster", fragment_height=64)
        printer.cut(mode="PART", feed=False)
    return decode.escpos(printer.output)


def by_label_printer(path, node_modules):
    """`BITMAP` and `PRINT`, with white as 1."""
    image = Image.open(path).convert("1")
    row_bytes = (image.width + 7) // 8
    padded = Image.new("1", (row_bytes * 8, image.height), 1)
    padded.paste(image, (0, 0))
    asked = json.dumps({"rowBytes": row_bytes, "height": image.height, "hex": padded.tobytes().hex()})
    command = ["node", str(Path(__file__).with_name("tspl.mjs")), node_modules]
    stream = subprocess.run(command, input=asked.encode(), capture_output=True, check=True, timeout=30).stdout
    return decode.tspl(stream)


def main(folder, node_modules, ppd):
    counts = {"pictures": 0, "python-escpos": 0, "label-printer": 0, "dymo-driver": 0}
    for path in sorted(folder.glob("*.png")):
        wanted = Image.open(path).convert("1")
        counts["pictures"] += 1
        counts["python-escpos"] += same(by_python_escpos(path), wanted)
        counts["label-printer"] += same(by_label_printer(path, node_modules), wanted)
        counts["dymo-driver"] += dymo_driver.same_rows(path.with_suffix(".bin"), path, ppd)
    print(json.dumps(counts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])

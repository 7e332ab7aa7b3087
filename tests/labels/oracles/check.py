"""For every NNNN.bin of a folder: decodes it, compares it dot by dot with NNNN.png, and has two readers read NNNN.txt.

Comparing dots is what finds a mirrored picture: both readers read mirrored codes without a word.
usage: check.py LANGUAGE FOLDER [drawn]
With `drawn`, NNNN.drawn.png are what somebody else drew already. The answer is one JSON object.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import zxingcpp
from PIL import Image, ImageChops

import decode

# Pictures that zbarimg is given at a time.
BATCH = 200
QUIET = 40


def black(image):
    """The box around all black dots, and those dots."""
    grey = image.convert("L")
    box = ImageChops.invert(grey).getbbox()
    return box, grey.crop(box)


def same(found, wanted):
    """Equal dots at the same distance from each other, and both edges in the picture; white around them may differ."""
    (box, dots), (_, truth) = black(found), black(wanted)
    return box is not None and dots.size == truth.size and ImageChops.difference(dots, truth).getbbox() is None


def framed(image):
    """With white around it, as paper has."""
    grey = Image.new("L", (image.width + 2 * QUIET, image.height + 2 * QUIET), 255)
    grey.paste(image.convert("L"), (QUIET, QUIET))
    return grey


def zxing(image):
    """What zxing-cpp reads in it; inverted codes do not count."""
    return [code.text for code in zxingcpp.read_barcodes(image, try_invert=False)]


def zbar(images):
    """What zbarimg reads in each of them."""
    found = []
    for start in range(0, len(images), BATCH):
        with tempfile.TemporaryDirectory() as folder:
            names = []
            for at, image in enumerate(images[start : start + BATCH]):
                names.append(f"{folder}/{at}.pgm")
                image.save(names[-1])
            command = ["zbarimg", "-q", "--nodbus", "--xml", "-Sdisable", "-Sqrcode.enable", *names]
            said = subprocess.run(command, capture_output=True, text=True).stdout
        sources = dict(re.findall(r"<source href='([^']*)'>(.*?)</source>", said, re.DOTALL))
        texts = lambda part: re.findall(r"<data><!\[CDATA\[(.*?)\]\]></data>", part, re.DOTALL)
        found += [texts(sources.get(name, "")) for name in names]
    return found


def truth(path):
    """The address that the code has to carry."""
    return path.with_suffix(".txt").read_text().strip()


def drawn(path):
    """What another program drew in shades of grey; a dot is black or it is not."""
    return Image.open(path.with_suffix(".drawn.png")).convert("L").point(lambda v: 255 if v > 127 else 0).convert("1")


def check(language, folder, is_drawn):
    """How many labels came through each test, and the names of the first that did not."""
    streams = sorted(folder.glob("*.bin"))
    pictures = [drawn(stream) if is_drawn else decode.read(language, stream) for stream in streams]
    frames = [framed(picture) for picture in pictures]
    wrong = {"dots": [], "zxing": [], "zbar": []}
    for stream, picture, frame, by_zbar in zip(streams, pictures, frames, zbar(frames)):
        if not same(picture, Image.open(stream.with_suffix(".png")).convert("1")):
            wrong["dots"].append(stream.name)
        if zxing(frame) != [truth(stream)]:
            wrong["zxing"].append(stream.name)
        if by_zbar != [truth(stream)]:
            wrong["zbar"].append(stream.name)
    counts = {test: len(streams) - len(names) for test, names in wrong.items()}
    return {"labels": len(streams), **counts, "wrong": {test: names[:5] for test, names in wrong.items()}}


if __name__ == "__main__":
    print(json.dumps(check(sys.argv[1], Path(sys.argv[2]), sys.argv[3:] == ["drawn"])))

"""How many NNNN.png of a folder two readers still read at half size, turned by 7° and blurred by a third of a module.

usage: tilted.py FOLDER MODULE_DOTS
The answer is one JSON object.
"""

import json
import sys
from pathlib import Path

from PIL import Image, ImageFilter

from check import framed, truth, zbar, zxing


def spoilt(path, module_dots):
    """As a camera from too far and askew would see it."""
    half = framed(Image.open(path)).reduce(2)
    turned = half.rotate(7, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return turned.filter(ImageFilter.GaussianBlur(module_dots / 2 / 3))


def main(folder, module_dots):
    paths = sorted(folder.glob("*.png"))
    images = [spoilt(path, module_dots) for path in paths]
    by_zxing = sum(zxing(image) == [truth(path)] for path, image in zip(paths, images))
    by_zbar = sum(read == [truth(path)] for path, read in zip(paths, zbar(images)))
    print(json.dumps({"labels": len(paths), "zxing": by_zxing, "zbar": by_zbar}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

#!/usr/bin/env bash
# bwip-js 4.11.4 (npm) draws an HIBC code whose check character is a blank; zxing-cpp 3.1.1 (PyPI) reads it.
# Expected by most: what is printed below the bars is what the bars say, and trimming a scanned text does no harm.
# Seen: the bars end with a blank, the line below them with an underscore. The check character of the printed line is therefore wrong
# (an underscore has no value in HIBC's table), and so is that of a scan whose blanks at the end were cut off, as form fields do.
# About one code in 43 is concerned.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q zxing-cpp==3.1.1 numpy==2.4.6 pillow==13.0.0
npm install --silent --no-audit --no-fund --ignore-scripts bwip-js@4.11.4
cat >draw.cjs <<'NODE'
const { raw, toBuffer } = require("bwip-js");
const { writeFileSync } = require("node:fs");
const texts = Array.from({ length: 43 }, (_, n) => `Q7RV${String.fromCharCode(65 + (n % 26))}${n}1/$+UNIT5`);
const printed = (text) => raw({ bcid: "hibccode128", text, includetext: true })[0].txt.map(([part]) => part).join("");
const text = texts.find((one) => printed(one).endsWith("_*"));
console.log(printed(text).replaceAll("*", ""));
toBuffer({ bcid: "hibccode128", text, scale: 3, padding: 20, backgroundcolor: "ffffff" }).then((png) => writeFileSync("code.png", png));
NODE
export PRINTED
PRINTED=$(node draw.cjs)
venv/bin/python - <<'PYTHON'
import os

import zxingcpp
from PIL import Image

VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
printed = os.environ["PRINTED"]
(found,) = zxingcpp.read_barcodes(Image.open("code.png"), text_mode=zxingcpp.TextMode.Plain)
scanned = found.text
print("printed:", repr(printed))
print("scanned:", repr(scanned))


def is_checked(text):
    values = [VALUES.find(one) for one in text]
    return -1 not in values and sum(values[:-1]) % 43 == values[-1]


assert scanned.endswith(" ") and printed == scanned[:-1] + "_"
assert is_checked(scanned)
assert not is_checked(printed) and not is_checked(scanned.rstrip())
PYTHON

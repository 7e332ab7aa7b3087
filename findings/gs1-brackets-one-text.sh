#!/usr/bin/env bash
# zxing-cpp 3.1.1 (PyPI) reads two valid GS1 Data Matrix symbols, which bwip-js 4.11.4 (npm) draws: one has the serial number `A(10)B`, the
# other one the serial number `A` and the lot `B`. Expected by most: two texts.
# Seen: in the reader's default text mode (HRI) both are `(01)09506000134352(21)A(10)B`, because brackets stand for identifiers there and
# may be in values too (GS1 character set 82). In the text mode Plain the second has a separator (U+001D), and they differ.
# Whoever stores the default text as the key of a device puts two devices into one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q zxing-cpp==3.1.1 numpy==2.4.6 pillow==13.0.0
npm install --silent --no-audit --no-fund --ignore-scripts bwip-js@4.11.4
cat >draw.cjs <<'NODE'
const { toBuffer } = require("bwip-js");
const { writeFileSync } = require("node:fs");
const texts = { brackets: "^FNC1010950600013435221A(10)B", lot: "^FNC1010950600013435221A^FNC110B" };
for (const [name, text] of Object.entries(texts)) {
  toBuffer({ bcid: "datamatrix", text, parsefnc: true, scale: 6, padding: 10, backgroundcolor: "ffffff" })
    .then((png) => writeFileSync(`${name}.png`, png));
}
NODE
node draw.cjs
venv/bin/python - <<'PYTHON'
from PIL import Image
import zxingcpp


def read(name, **more):
    found = zxingcpp.read_barcodes(Image.open(f"{name}.png"), **more)
    assert len(found) == 1 and found[0].symbology_identifier == "]d2", found
    return found[0].text


default = [read(name) for name in ("brackets", "lot")]
plain = [read(name, text_mode=zxingcpp.TextMode.Plain) for name in ("brackets", "lot")]
print("default:", default)
print("plain:  ", plain)
assert default == ["(01)09506000134352(21)A(10)B"] * 2
assert plain == ["010950600013435221A(10)B", "010950600013435221A\x1d10B"]
PYTHON

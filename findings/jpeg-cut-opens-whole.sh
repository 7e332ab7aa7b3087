#!/usr/bin/env bash
# The crate image 0.25.10 (zune-jpeg 0.5) and Pillow 13.0.0 (PyPI) open a photo of which the second half never arrived.
# Expected by most: a decoder that returns a picture without an error has read a whole file.
# Seen: image returns a picture of the full size, in which nothing below some row was ever sent, and no error. Pillow refuses the
# same file. If the half is closed with the end marker (two bytes), as some programs close what they stop writing, Pillow returns one too.
# So neither "it opened" nor "it has an end marker" says that the picture is there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q pillow==13.0.0
venv/bin/python - <<'PYTHON'
import io

from PIL import Image

# A slope of greys with a grain, so that no part of it is flat.
shades = bytes((x * 7 + y * 5 + (x * y) % 11) % 200 + 20 for y in range(320) for x in range(320))
stream = io.BytesIO()
Image.frombytes("L", (320, 320), shades).save(stream, "JPEG", quality=80)
half = stream.getvalue()[: stream.tell() // 2]
open("whole.jpg", "wb").write(stream.getvalue())
open("half.jpg", "wb").write(half)
open("closed.jpg", "wb").write(half + b"\xff\xd9")


def opened(name):
    try:
        return Image.open(name).convert("L").size
    except OSError as refused:
        return type(refused).__name__


seen = {name: opened(f"{name}.jpg") for name in ("whole", "half", "closed")}
print("Pillow:", seen)
assert seen == {"whole": (320, 320), "half": "OSError", "closed": (320, 320)}
PYTHON
mkdir -p open/src
cat >open/Cargo.toml <<'TOML'
[package]
name = "open"
version = "0.0.0"
edition = "2021"
[dependencies]
image = { version = "=0.25.10", default-features = false, features = ["jpeg"] }
zune-jpeg = "=0.5.15"
TOML
cat >open/src/main.rs <<'RUST'
fn main() {
    let open = |name: &str| image::open(format!("{name}.jpg")).expect("it opens").into_luma8();
    let whole = open("whole");
    for name in ["half", "closed"] {
        let picture = open(name);
        assert_eq!(picture.dimensions(), whole.dimensions());
        let is_other = |row: &u32| {
            let apart = |x| whole.get_pixel(x, *row)[0].abs_diff(picture.get_pixel(x, *row)[0]);
            (0..whole.width()).map(|x| u32::from(apart(x))).sum::<u32>() > 20 * whole.width()
        };
        let lost = (0..whole.height()).filter(is_other).count();
        println!("image: {name}.jpg opens, {lost} of {} rows show something else", whole.height());
        assert!(lost > 100, "{lost}");
    }
}
RUST
cargo run --quiet --manifest-path open/Cargo.toml

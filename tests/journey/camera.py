"""Writes a film of one code, as a camera sees it: FORMAT TEXT FILE. One of a trade item's numbers is a GS1 code."""
import sys

import numpy
import zxingcpp
from PIL import Image

WIDTH, HEIGHT, FRAMES = 640, 480, 5

kind, text, file = sys.argv[1:]
more = {"gs1": True} if text.startswith("(") else {}
code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind), **more)
picture = Image.fromarray(numpy.array(code.to_image(scale=8))).convert("L")
picture.thumbnail((WIDTH - 80, HEIGHT - 60))
frame = Image.new("L", (WIDTH, HEIGHT), 255)
frame.paste(picture, ((WIDTH - picture.width) // 2, (HEIGHT - picture.height) // 2))
# Grey: both halves of the colour are in the middle.
colour = b"\x80" * (WIDTH * HEIGHT // 2)
with open(file, "wb") as film:
    film.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
    for _ in range(FRAMES):
        film.write(b"FRAME\n" + frame.tobytes() + colour)

"""Writes codes of devices in all the ways in which biip writes them, one JSON object a line: {"device": …, "forms": […]}.
The device is what biip reads: its key, or null for codes that every item of a model has. usage: device_codes.py COUNT
"""
import json
import random
import re
import string
import sys

from biip import EncodeError, ParseError
from biip.checksums import gs1_standard_check_digit
from biip.gs1_application_identifiers import _GS1_APPLICATION_IDENTIFIERS as IDENTIFIERS
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_messages import GS1Message

KEYS = [["01", "21"], ["01", "235"], ["03", "21"], ["8006", "21"], ["8003"], ["8004"], ["8010", "8011"]]
NAMES = {identifier for key in KEYS for identifier in key}
TEXT = string.ascii_letters + string.digits + "!\"%&'()*+,-./:;=?_"
random = random.Random(20261128)


def checked(digits):
    return digits + str(gs1_standard_check_digit(digits))


def digits(count):
    return "".join(random.choices(string.digits, k=count))


def text(least, most, letters=TEXT):
    return "".join(random.choices(letters, k=random.randint(least, most)))



def number():
    zeros = random.choice([0, 1, 2, 6])
    return checked("0" * zeros + digits(13 - zeros))


def value(identifier):
    match identifier:
        case "01" | "03":
            return number()
        case "8006":
            return number() + "0102"
        case "8003":
            return checked("0" + digits(12)) + text(1, 16)
        case "8010":
            return text(5, 30, string.ascii_uppercase + string.digits + "-/")
        case "8011":
            return str(random.randint(1, 999_999_999_999))
        case "8004":
            return text(1, 30)
        case "21":
            return text(1, 20)
        case "235":
            return text(1, 28)
    return other_value(IDENTIFIERS[identifier].format)


def other_value(form):
    parts = re.findall(r"\+([NXYZ])(\.\.)?(\d+)", form.split("[")[0])
    letters = {"N": string.digits, "X": TEXT, "Y": string.ascii_uppercase + string.digits, "Z": string.ascii_letters + string.digits}
    return "".join(text(1 if most else int(count), int(count), letters[kind]) for kind, most, count in parts)


def joined(elements, separator="\x1d"):
    out = ""
    for n, (identifier, held) in enumerate(elements):
        last = n == len(elements) - 1
        out += identifier + held + (separator if IDENTIFIERS[identifier].separator_required and not last else "")
    return out


def extras():
    for _ in range(random.randint(0, 3)):
        identifier = random.choice([one for one in IDENTIFIERS if one not in NAMES])
        held = other_value(IDENTIFIERS[identifier].format)
        try:
            GS1Message.parse(identifier + held)
        except ParseError:
            continue
        yield identifier, held


def read_device(elements):
    held = {}
    for element in elements:
        held.setdefault(element.ai.ai, element.value)
    for key in KEYS:
        if all(identifier in held for identifier in key):
            return "".join(f"({identifier}){held[identifier]}" for identifier in key)
    return None


def forms(elements):
    """As a symbol, by hand scanners of several makes, as printed, and as a link."""
    shuffled = random.sample(elements, len(elements))
    message = GS1Message.parse(joined(shuffled))
    device = read_device(message.element_strings)
    symbol = joined(shuffled)
    made = [f"]d2{symbol}", f"]C1{symbol}\x1d", f"]Q3\x1d{symbol}"]
    made += [f"]d2{joined(shuffled, other)}" for other in ("~", "|", "^", "<GS>") if len(elements) > 1]
    if not any({"(", ")"} & set(held) for _, held in elements):  # Printed, a bracket in a value may be one of an identifier.
        made += [message.as_hri(), message.as_hri().replace("(", " ( ").replace(" ( ", " (").replace(")", ") ")]
    try:
        link = GS1DigitalLinkURI.from_element_strings(message.element_strings)
        made += [link.as_canonical_uri(), link.as_uri(domain="clean.example", prefix="x/y"), link.as_uri().replace("https", "HTTP")]
    except EncodeError:
        pass  # Not every key has a link.
    return device, made


for n in range(int(sys.argv[1])):
    if n % 8 == 7:
        elements = [("01", number())]
    else:
        elements = [(identifier, value(identifier)) for identifier in KEYS[n % len(KEYS)]]
    lines = [forms(elements + more) for more in ([], list(extras()))]
    devices = {device for device, _ in lines}
    assert len(devices) == 1, lines
    print(json.dumps({"device": devices.pop(), "forms": [form for _, made in lines for form in made]}))

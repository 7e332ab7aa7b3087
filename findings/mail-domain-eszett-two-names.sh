#!/usr/bin/env bash
# The mail address eva@gießen-klinik.example, a valid one, goes to two different domains. Expected by most: one name, whoever makes the
# A-label of it.
# Seen: Django 5.2.8 (PyPI) writes the recipient as eva@giessen-klinik.example, by the codec of Python that follows the older mapping of
# 2003 (`ß` is `ss`). URL of Node and of browsers (UTS 46), the package idna 3.11 (PyPI, RFC 5891) and tr46 6.0.0 (npm) keep
# the letter: xn--gieen-klinik-n9a.example. Both names can be owned, by different people.
# Who moves people from a program in Django to another one, or holds the domain of a sign-in against an allowed list, meets both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q django==5.2.8 idna==3.11
npm install --silent --no-audit --no-fund --ignore-scripts tr46@6.0.0
cat >ascii.cjs <<'NODE'
const tr46 = require("tr46");
const domain = process.argv[2];
console.log(new URL(`http://${domain}`).hostname);
console.log(tr46.toASCII(domain));
NODE
node ascii.cjs gießen-klinik.example >others
venv/bin/python - <<'PYTHON'
import idna
from django.conf import settings
from django.core.mail.message import sanitize_address

settings.configure()
domain = "gießen-klinik.example"
django = sanitize_address(f"eva@{domain}", "utf-8")
others = open("others").read().split() + [idna.encode(domain).decode()]
print("Django:", django)
print("others:", others)
assert django == "eva@giessen-klinik.example"
assert others == ["xn--gieen-klinik-n9a.example"] * 3
PYTHON

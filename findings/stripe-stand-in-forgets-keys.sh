#!/usr/bin/env bash
# Two programs stand in for Stripe in tests. Asked twice for the same customer under one Idempotency-Key, as after an answer that got lost,
# they differ. Expected by most: one customer, as at Stripe, or a refusal of the header that is not supported.
# Seen: localstripe 1.15.10 (PyPI) takes the header, answers 200 both times and has two customers then. stripe-stateful-mock 0.0.16 (npm)
# answers the first customer again, and refuses other parameters under the same key with `idempotency_error`.
# A test of "nobody is charged twice" that runs against the first one alone fails without a fault, or, where it only looks at answers,
# passes with one.
set -euo pipefail
folder=$(mktemp -d)
python=''
node=''
trap 'kill $python $node 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q localstripe==1.15.10
npm install --silent --no-audit --no-fund --ignore-scripts stripe-stateful-mock@0.0.16
read -r first second < <(python3 -c 'import socket
a, b = socket.socket(), socket.socket()
a.bind(("127.0.0.1", 0)), b.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])')
venv/bin/python -c 'import sys
from aiohttp import web
from localstripe.server import app
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)' "$first" &
python=$!
node -e 'require("stripe-stateful-mock").createExpressApp().listen(Number(process.argv[1]), "127.0.0.1")' "$second" >/dev/null 2>&1 &
node=$!
ask() {
    curl --silent --retry 20 --retry-connrefused --retry-delay 1 --user sk_test_finding: --header "Idempotency-Key: order-7" \
        --data email="$2" "http://127.0.0.1:$1/v1/customers"
}
id() { python3 -c 'import json, sys; answer = json.load(sys.stdin); print(answer.get("id") or answer["error"]["type"])'; }
local_ids="$(ask "$first" eva@clinic.example | id) $(ask "$first" eva@clinic.example | id)"
mock_ids="$(ask "$second" eva@clinic.example | id) $(ask "$second" eva@clinic.example | id)"
other=$(ask "$second" someone.else@clinic.example | id)
echo "localstripe: $local_ids"
echo "stripe-stateful-mock: $mock_ids, with another address $other"
set -- $local_ids
[ "$1" != "$2" ]
set -- $mock_ids
[ "$1" = "$2" ]
[ "$other" = idempotency_error ]

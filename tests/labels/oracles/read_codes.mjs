// Reads codes by the script of the phone's page. usage: node read_codes.mjs SCAN_JS IDENTIFIERS, one JSON array of codes as input
import { readFileSync } from "node:fs";
const [script, identifiers] = process.argv.slice(2);
globalThis.document = { querySelector: () => ({ dataset: { identifiers } }) };
(0, eval)(readFileSync(script, "utf8"));
const codes = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(codes.map((code) => labels.readCode(code))));

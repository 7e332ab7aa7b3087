// Writes HIBC codes of devices with the check character that bwip-js gives them, as device_codes.py writes its own.
// usage: node hibc_codes.mjs TOOLS COUNT, where TOOLS/node_modules has the package
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [tools, count] = process.argv.slice(2);
const bwipjs = createRequire(pathToFileURL(`${tools}/`))("bwip-js");
// Between stars, which are not of the code.
const encode = (text) => bwipjs.raw({ bcid: "hibccode39", text, includetext: true })[0].txt.map(([part]) => part).join("").replaceAll("*", "");
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
let seed = 20261128;
const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
const letters = (least, most) => Array.from({ length: least + random(most - least + 1) }, () => LETTERS[random(36)]).join("");
for (let n = 0; n < Number(count); n += 1) {
  const product = `${LETTERS[random(26)]}${letters(3, 3)}${letters(1, 13)}${random(10)}`;
  const serial = letters(1, 13);
  const ways = [`$+${serial}`, `$$+0229${serial}`, `$$+3290228${serial}`, `$$+529059${serial}`, `$$+7${serial}`, `$$+7${serial}/16D20260102`, `$$7LOT9/S${serial}`];
  const forms = ways.map((way) => encode(`${product}/${way}`));
  console.log(JSON.stringify({ device: `${product} ${serial}`, forms: [...forms, ...forms.map((form) => form.toLowerCase())] }));
  console.log(JSON.stringify({ device: null, forms: [encode(product), encode(`${product}/$LOT9`), encode(`${product}/$$7LOT9/14D20290228`)] }));
}

// Draws every *.bin of a folder with zpl-renderer-js (zebrash) as *.drawn.png beside it.
// usage: node zpl.mjs TOOLS FOLDER WIDTH_MM HEIGHT_MM DOTS_PER_MM, where TOOLS/node_modules has the package
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [tools, folder, width, height, dotsPerMm] = process.argv.slice(2);
const found = createRequire(pathToFileURL(`${tools}/`)).resolve("zpl-renderer-js");
const { ready } = await import(pathToFileURL(found));
const { api } = await ready;
for (const name of readdirSync(folder).filter((name) => name.endsWith(".bin"))) {
  const zpl = readFileSync(`${folder}/${name}`, "latin1");
  // One picture a format; the first format of a session only sets the printer up.
  const pictures = await api.zplToBase64MultipleAsync(zpl, Number(width), Number(height), Number(dotsPerMm));
  writeFileSync(`${folder}/${name.replace(".bin", ".drawn.png")}`, Buffer.from(pictures.at(-1), "base64"));
}
process.exit(0);

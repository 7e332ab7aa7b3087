// What the npm package label-printer writes for a picture: {rowBytes, height, hex} on standard input, TSPL on standard output.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { tspl } = createRequire(process.argv[2] + "/node_modules/")("label-printer").commands;
const { rowBytes, height, hex } = JSON.parse(readFileSync(0, "utf8"));
const written = [];
const device = {
  writeData: async (bytes) => written.push(Buffer.from(bytes)),
  writeString: async (text) => written.push(Buffer.from(text, "latin1")),
};
const bitmap = { width: rowBytes, height, bytes: Uint8Array.from(Buffer.from(hex, "hex")) };
for (const command of [new tspl.TSPLCLSCommand(), new tspl.TSPLBitmapCommand(bitmap, 0, 0), new tspl.TSPLPrintCommand(1, 1)]) {
  await command.writeTo(device);
}
process.stdout.write(Buffer.concat(written));

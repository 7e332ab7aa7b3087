// Reads codes in a picture, away from the page. First it is told where its program is, then it is given pictures.
"use strict";
const FORMATS = ["QRCode", "DataMatrix", "Code128", "Code39", "ITF", "Codabar", "EAN13", "EAN8", "UPCA", "UPCE"];
addEventListener("message", async ({ data }) => {
  try {
    if (data.glue) {
      importScripts(data.glue);
      await ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => data.wasm }, fireImmediately: true });
      return void postMessage({ texts: [] });
    }
    const found = await ZXingWASM.readBarcodes(data.image, { formats: FORMATS, tryHarder: true, maxNumberOfSymbols: 4, textMode: "Plain" });
    // With what says of which kind it is (ISO/IEC 15424), as a hand scanner sends it.
    postMessage({ texts: found.filter((code) => code.isValid).map((code) => code.symbologyIdentifier + code.text) });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
});

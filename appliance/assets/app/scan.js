// Reads labels: what stands on them, and by the camera, by the browser itself where it can, else by a reader that is fetched
// when it is needed.
"use strict";
globalThis.labels = (() => {
  const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  // The ninth symbol tells a slip: the box reads tags in the same way.
  function checkSymbol(values) {
    const times = (a, b) => {
      let product = 0;
      for (; b > 0; b >>= 1) {
        if (b & 1) product ^= a;
        a <<= 1;
        if (a & 0b100000) a ^= 0b100101;
      }
      return product;
    };
    let [sum, power] = [1, 2];
    for (const value of values) [sum, power] = [sum ^ times(power, value), times(power, 2)];
    return sum;
  }
  function readTag(text) {
    const tag = text.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    const values = [...tag].map((symbol) => SYMBOLS.indexOf(symbol));
    return values.length === 9 && !values.includes(-1) && checkSymbol(values.slice(0, 8)) === values[8] ? tag : undefined;
  }
  const tagIn = (text) => readTag(text.trim().replace(/\/+$/, "").split("/").pop());

  // A code on an item that is no label of ours, in the form in which the box compares it: of a trade item its number and serial
  // number, however many elements stand around them.
  const LENGTHS = { "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, 20: 4, 41: 16 };
  const lengthOf = (identifier) => LENGTHS[identifier] || (/^1[1-9]/.test(identifier) ? 8 : /^3[1-6]/.test(identifier) ? 10 : undefined);
  function readCode(text) {
    const code = text.trim().replace(/^\][A-Za-z][A-Za-z0-9]/, "").replace(/^[\s\x1d]+|[\s\x1d]+$/g, "").normalize("NFC");
    const printed = code.match(/^\(01\)(\d{14})(?:\(.*?)??\(21\)(.+)$/);
    if (printed) return `(01)${printed[1]}(21)${printed[2].trim()}`;
    let [number, serial, rest] = ["", "", code];
    while (rest) {
      const end = lengthOf(rest.slice(0, 2)) || (rest.includes("\x1d") ? rest.indexOf("\x1d") : rest.length);
      const element = rest.slice(0, end);
      if (element.length < end || element.includes("\x1d")) return code;
      if (element.startsWith("01")) number ||= element.slice(2);
      if (element.startsWith("21")) serial ||= element.slice(2).trim();
      rest = rest.slice(end).replace(/^\x1d+/, "");
    }
    return /^\d{14}$/.test(number) && serial ? `(01)${number}(21)${serial}` : code;
  }

  // A label of ours is a tag, or an address of the box that ends with one. Of whatever else is in the picture only what opens an
  // item that this phone knows is taken.
  function labelIn(text, codes, hosts) {
    const [, host, last] = text.trim().match(/^(?:https?:\/\/([^/]+)\/(?:t\/)?)?([0-9A-Z]{9})\/?$/i) || [];
    const tag = last && readTag(last);
    return tag && (!host || hosts.includes(host.toLowerCase()) || codes.has(tag)) ? tag : undefined;
  }

  return { SYMBOLS, readTag, tagIn, readCode, labelIn };
})();
globalThis.openScanner = async (video, files, take) => {
  const FORMATS = ["qr_code", "code_128", "data_matrix"];
  const SIDE_MAX = 960;
  const EVERY_MS = 120;
  let isOpen = true;

  async function ownReader() {
    if (!("BarcodeDetector" in globalThis)) return undefined;
    const known = await BarcodeDetector.getSupportedFormats();
    if (!known.includes("qr_code")) return undefined;
    const detector = new BarcodeDetector({ formats: FORMATS.filter((format) => known.includes(format)) });
    return { read: async () => (await detector.detect(video)).map((found) => found.rawValue), end: () => undefined };
  }

  async function fetchedReader() {
    const worker = new Worker(files.reader);
    const ask = (question, passed = []) =>
      new Promise((done, failed) => {
        worker.onmessage = ({ data }) => (data.failed ? failed(new Error(data.failed)) : done(data.texts));
        worker.onerror = () => failed(new Error("worker"));
        worker.postMessage(question, passed);
      });
    await ask({ glue: files.glue, wasm: files.wasm });
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const read = () => {
      const scale = Math.min(1, SIDE_MAX / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      const image = context.getImageData(0, 0, canvas.width, canvas.height);
      return ask({ image }, [image.data.buffer]);
    };
    return { read, end: () => worker.terminate() };
  }

  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  let reader;
  const stop = () => {
    isOpen = false;
    for (const track of stream.getTracks()) track.stop();
    if (reader) reader.end();
  };
  try {
    video.srcObject = stream;
    await video.play();
    reader = (await ownReader()) || (await fetchedReader());
  } catch (error) {
    stop();
    throw error;
  }
  const look = async () => {
    if (!isOpen) return;
    const texts = video.videoWidth ? await reader.read().catch(() => []) : [];
    if (isOpen && texts.some((text) => take(text))) return void stop();
    setTimeout(look, EVERY_MS);
  };
  look();
  return stop;
};

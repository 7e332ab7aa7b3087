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

  // A code on an item that is no label of ours, in the form in which the box stores it: what names the device, and nothing of
  // what stands around it. The box reads codes in the same way, by the same identifiers.
  const GS = "\x1d";
  const SUBSTITUTES = ["<GS>", "{GS}", "[GS]", "^]", "\u241d", "|", "~", "^"];
  const KEYS = [["01", "21"], ["01", "235"], ["03", "21"], ["8006", "21"], ["8003"], ["8004"], ["8010", "8011"]];
  const LINK_KEYS = ["01", "8006", "8013", "8010", "410", "414", "417", "8017", "8018", "255", "00", "253", "8003", "8004"];
  const LINK_QUALIFIERS = ["22", "10", "21", "235", "8011", "254", "7040"];
  // What needs no separator behind it.
  const UNENDED = /^(0[0-4]|1[1-9]|20|3[1-6]|41)/;
  const SET_82 = /^[A-Za-z0-9!"%&'()*+,\-./:;<=>?_]*$/;
  const [DIGITS, PREFIX, EDGES] = [/^\d+$/, /^\][A-Za-z][A-Za-z0-9]/, /^[\s\x1d]+|[\s\x1d]+$/g];

  let rows;
  function rowOf(text) {
    rows ||= document.querySelector("#app").dataset.identifiers.split(" ").map((row) => row.split(":").map((part, n) => (n ? Number(part) : part)));
    const [row] = rows.filter(([first]) => text.startsWith(first)).sort((a, b) => b[0].length - a[0].length);
    return row && text.length >= row[1] && DIGITS.test(text.slice(0, row[1])) ? row : undefined;
  }
  const isIdentifier = (text) => (rowOf(text) || [])[1] === text.length;
  function hasCheckDigit(number) {
    const digits = [...number].reverse().map((digit, n) => Number(digit) * (n % 2 ? 3 : 1));
    return DIGITS.test(number) && digits.reduce((sum, one) => sum + one, 0) % 10 === 0;
  }
  const isTradeItem = (number) => [8, 12, 13, 14].includes(number.length) && hasCheckDigit(number);
  const valueOf = (elements, identifier) => (elements.find(([one]) => one === identifier) || [])[1];

  // False: no such element exists.
  function put(elements, identifier, value) {
    if (!value) return true;
    if (!isIdentifier(identifier)) return false;
    const [, , least, most] = rowOf(identifier);
    const isFit = value.length >= least && value.length <= most && SET_82.test(value) && (least < most || DIGITS.test(value));
    if (isFit) elements.push([identifier, value]);
    return isFit;
  }
  function readSymbol(text) {
    const elements = [];
    let rest = text.replace(/^\x1d+|\x1d+$/g, "");
    while (rest) {
      const row = rowOf(rest);
      if (!row) return undefined;
      const behind = rest.slice(row[1]);
      const value = UNENDED.test(rest) ? behind.slice(0, row[3]) : behind.split(GS)[0];
      if (!put(elements, rest.slice(0, row[1]), value) || (UNENDED.test(rest) && value.length < row[3])) return undefined;
      rest = behind.slice(value.length).replace(/^\x1d+/, "");
    }
    return elements.length ? elements : undefined;
  }
  const bracketOf = (text) => (text.match(/^\(([^)]*)\)/) || [])[1];
  function readPrinted(text) {
    const elements = [];
    let rest = text.trimStart();
    while (rest) {
      const identifier = bracketOf(rest);
      if (identifier === undefined || !isIdentifier(identifier)) return undefined;
      const behind = rest.slice(identifier.length + 2);
      const next = [...behind.matchAll(/\(/g)].find(({ index }) => isIdentifier(bracketOf(behind.slice(index)) || "-"));
      const value = behind.slice(0, next ? next.index : behind.length);
      if (!put(elements, identifier, value.replace(EDGES, ""))) return undefined;
      rest = behind.slice(value.length);
    }
    return elements.length ? elements : undefined;
  }
  function readPairs(parts, query) {
    const elements = [];
    for (let n = 0; n < parts.length; n += 2) {
      const [identifier, value] = [parts[n], decodeURIComponent(parts[n + 1])];
      if (identifier === "01" ? n > 0 || !isTradeItem(value) : n > 0 && !LINK_QUALIFIERS.includes(identifier)) return undefined;
      if (!put(elements, identifier, identifier === "01" ? value.padStart(14, "0") : value)) return undefined;
    }
    for (const [, identifier, value] of query.matchAll(/([^&;=]*)=([^&;]*)/g)) {
      if (isIdentifier(identifier) && !put(elements, identifier, decodeURIComponent(value))) return undefined;
    }
    return elements;
  }
  function readLink(text) {
    const [, path, query] = text.match(/^https?:\/\/([^?#]*)(?:\?([^#]*))?/i) || [];
    if (path === undefined) return undefined;
    const parts = path.replace(/\/+$/, "").split("/").slice(1);
    for (let from = 0; from < parts.length; from += 1) {
      if (!LINK_KEYS.includes(parts[from]) || (parts.length - from) % 2) continue;
      try {
        const elements = readPairs(parts.slice(from), query || "");
        if (elements) return elements;
      } catch {
        // A percent sign that stands for nothing.
      }
    }
    return undefined;
  }
  function readElements(text, isDeclared) {
    const linked = readLink(text);
    if (linked) return linked;
    if (text.startsWith("(")) return readPrinted(text);
    const elements = readSymbol(text);
    const number = elements && text.startsWith("01") && valueOf(elements, "01");
    return isDeclared || text.includes(GS) || (number && hasCheckDigit(number)) ? elements : undefined;
  }
  function deviceOf(elements) {
    const hasSerial = (identifier) => (valueOf(elements, identifier) || "").length > (identifier === "8003" ? 14 : 0);
    const key = KEYS.find((one) => one.every(hasSerial));
    // Read again such a bracket would begin the next element. No value has a square bracket of its own.
    const bare = (value) => value.replace(/\(/g, (bracket, at) => (isIdentifier(bracketOf(value.slice(at)) || "-") ? "[" : bracket));
    return key && key.map((identifier) => `(${identifier})${bare(valueOf(elements, identifier))}`).join("");
  }

  // HIBC: product and serial number.
  const HIBC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";
  const DATES = [4, 4, 7, 7, 9, 6, 8, 1];
  function checkOf(text) {
    const values = [...text].map((one) => HIBC.indexOf(one));
    return values.includes(-1) ? undefined : HIBC[values.reduce((sum, one) => sum + one, 0) % 43];
  }
  function serialOf(part) {
    if (!part.startsWith("$$+")) return (part.match(/^(?:\$\+|S)([^]{1,18})$/) || [])[1];
    const [dated, length] = [part.slice(3), DATES[part[3]]];
    const serial = length && DIGITS.test(dated.slice(0, length)) ? dated.slice(length) : "";
    return serial.length > 0 && serial.length <= 18 ? serial : undefined;
  }
  function readHibc(code) {
    // A blank is a check character too, and printed as an underscore.
    const text = code.toUpperCase().replace(/_$/, " ");
    if (!text.startsWith("+")) return undefined;
    const isChecked = checkOf(text.slice(0, -1)) === text.slice(-1);
    if (!isChecked && checkOf(text) !== " ") return undefined;
    const [product, ...parts] = text.slice(1, isChecked ? -1 : undefined).split("/");
    const serial = /^[A-Z][A-Z0-9]{4,21}\d$/.test(product) && parts.map(serialOf).find(Boolean);
    const stored = `+${product}/$+${serial}`;
    return serial ? `${stored}${checkOf(stored)}`.trimEnd() : undefined;
  }

  // As earlier versions stored what is of no known kind; Code 39 begins and ends with a star.
  const plain = (text) => text.trim().replace(PREFIX, "").replace(EDGES, "").normalize("NFC").replace(/^\*([^]{2,})\*$/, "$1");
  function readCode(scanned) {
    const text = plain(scanned);
    const isDeclared = /^\](d2|Q3|C1|e0|J1)/.test(scanned.trim());
    const substitute = SUBSTITUTES.find((one) => text.includes(one));
    const restored = substitute && readElements(text.replaceAll(substitute, GS), isDeclared);
    const elements = restored || readElements(text, isDeclared);
    return readHibc(text) || (elements && deviceOf(elements)) || text;
  }

  // Finds what opens an item, of pairs of a code and a label: written exactly so, else in other letters, where that is one item.
  function indexCodes(pairs) {
    const [exact, alike] = [new Map(pairs), new Map()];
    for (const [code, label] of pairs) {
      const key = readCode(code).toLowerCase();
      alike.set(key, alike.has(key) && alike.get(key) !== label ? undefined : label);
    }
    return (text) => exact.get(readCode(text)) || exact.get(plain(text)) || alike.get(readCode(text).toLowerCase());
  }

  // A label of ours is a tag, or an address of the box that ends with one. Of whatever else is in the picture only what opens an
  // item that this phone knows is taken.
  function labelIn(text, find, hosts) {
    const [, host, last] = text.trim().replace(PREFIX, "").match(/^(?:https?:\/\/([^/]+)\/(?:t\/)?)?([0-9A-Z]{9})\/?$/i) || [];
    const tag = last && readTag(last);
    return tag && (!host || hosts.includes(host.toLowerCase()) || find(tag)) ? tag : undefined;
  }

  return { readTag, tagIn, plain, readCode, indexCodes, labelIn };
})();
globalThis.openScanner = async (video, files, take) => {
  const FORMATS = ["qr_code", "data_matrix", "code_128", "code_39", "itf", "codabar", "ean_13", "ean_8", "upc_a", "upc_e"];
  const SIDE_MAX = 960;
  const EVERY_MS = 120;
  let isOpen = true;

  async function ownReader() {
    if (!("BarcodeDetector" in globalThis)) return undefined;
    const known = await BarcodeDetector.getSupportedFormats();
    if (!known.includes("qr_code")) return undefined;
    const detector = new BarcodeDetector({ formats: FORMATS.filter((format) => known.includes(format)) });
    // Of product numbers the kind is told as a hand scanner tells it (ISO/IEC 15424): by it the box knows them.
    const prefixOf = (format) => (/^(ean|upc)/.test(format) ? "]E0" : format === "itf" ? "]I1" : "");
    const read = async () => (await detector.detect(video)).map(({ format, rawValue }) => prefixOf(format) + rawValue);
    return { read, end: () => undefined };
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

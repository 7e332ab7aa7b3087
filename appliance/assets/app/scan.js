// Reads labels by the camera: by the browser itself where it can, else by a reader that is fetched when it is needed.
"use strict";
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

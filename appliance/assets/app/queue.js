// What a phone keeps of a record until the box has it. The installed page uses it, and so does an item's own page that finds
// out at the press that the box does not answer: only then it is loaded there.
"use strict";
globalThis.phoneQueue = (() => {
  const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const RECORDS_MAX = 200;
  const PHOTO_BYTES_ALL_MAX = 300e6;
  const SIDE_MAX = 1600;
  // Another page of this phone has other readings of its clock.
  const PAGE = String(crypto.getRandomValues(new Uint32Array(2)));
  const clocks = () => [Date.now(), Math.round(performance.now())];

  const readWords = (page) =>
    Object.fromEntries([...page.querySelectorAll("#words [data-key]")].map((word) => [word.dataset.key, word.textContent]));
  const sayIn = (words) => (key, values = {}) =>
    Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), words[key] || key);

  // The phone's own store.

  let database;
  function openStore() {
    database ||= new Promise((done, failed) => {
      const request = indexedDB.open("cleantrack", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("outbox", { keyPath: "id" });
        request.result.createObjectStore("photos", { keyPath: "hash" });
        request.result.createObjectStore("cards", { keyPath: "tag" });
        request.result.createObjectStore("meta");
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close();
        done(request.result);
      };
      request.onerror = () => failed(request.error);
    });
    return database;
  }
  async function inStores(names, mode, work) {
    const store = await openStore();
    return new Promise((done, failed) => {
      const act = store.transaction(names, mode, { durability: "strict" });
      const result = work(...names.map((name) => act.objectStore(name)));
      act.oncomplete = () => done(result && "result" in result ? result.result : result);
      act.onerror = act.onabort = () => failed(act.error);
    });
  }
  const read = (name, key) => inStores([name], "readonly", (store) => store.get(key));
  const readAll = (name) => inStores([name], "readonly", (store) => store.getAll());
  const write = (name, ...row) => inStores([name], "readwrite", (store) => store.put(...row));

  function newId() {
    let id = "";
    for (let rest = Date.now(), n = 0; n < 10; n += 1, rest = Math.floor(rest / 32)) id = SYMBOLS[rest % 32] + id;
    for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += SYMBOLS[byte % 32];
    return id;
  }

  // Records.

  const isWaiting = (record) => record.state === "phone";

  // Photos of a record go only where no other that waits has the same.
  function dropPhotos(kept, hashes, all) {
    const needed = new Set(all.filter(isWaiting).flatMap((one) => one.photos));
    for (const hash of hashes) if (!needed.has(hash)) kept.delete(hash);
  }

  async function keep(record, photos) {
    const { shared } = (await read("meta", "settings")) || {};
    await inStores(["outbox", "photos", "meta"], "readwrite", (outbox, kept, meta) => {
      for (const photo of photos) kept.put(photo);
      // What stands before it is looked up where it is written: another tab may press at the same time.
      const all = outbox.getAll();
      all.onsuccess = () => {
        const earlier = all.result.find((one) => one.id === record.id);
        const others = all.result.filter((one) => one !== earlier);
        // A page that was pressed twice is one record: as it was pressed last, until the box has it.
        if (earlier && !isWaiting(earlier)) return dropPhotos(kept, record.photos, others);
        const order = earlier ? earlier.order : 1 + Math.max(0, ...others.map((one) => one.order));
        const written = { ...record, order };
        outbox.put(written);
        if (earlier) dropPhotos(kept, earlier.photos, [...others, written]);
      };
      if (record.document.cleaned) meta.delete(`wet ${record.document.tag}`);
      if (record.document.lot !== undefined) meta.put({ lot: record.document.lot, lot_expires: record.document.lot_expires }, "lot");
      if (record.document.who.name && !shared) meta.put(record.document.who.name, "name");
    });
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
  }

  const isFull = async () => (await readAll("outbox")).filter(isWaiting).length >= RECORDS_MAX;

  // Photos.

  async function squeeze(file) {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE_MAX / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
    let hash = newId();
    if (crypto.subtle) {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
      hash = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }
    return { hash, blob };
  }

  async function hasNoRoomForPhotos() {
    const photos = await readAll("photos");
    if (photos.reduce((sum, photo) => sum + photo.blob.size, 0) > PHOTO_BYTES_ALL_MAX) return true;
    const room = navigator.storage && navigator.storage.estimate && (await navigator.storage.estimate());
    return Boolean(room && room.quota && room.usage > room.quota * 0.8);
  }

  // A file that is no picture which this browser opens takes no record with it.
  async function takePhoto(file) {
    if (!file) return { photos: [], left: false };
    const squeezed = (await hasNoRoomForPhotos()) ? undefined : await squeeze(file).catch(() => undefined);
    return { photos: squeezed ? [squeezed] : [], left: !squeezed };
  }

  // What the facility asks of a record, as far as this phone knows; the box judges it.

  const CLASSES = ["noncritical", "semicritical", "critical"];
  const PHOTOS = ["none", "optional", "required"];
  const findCard = async (tag) =>
    (await readAll("cards")).find((one) => [one.tag, ...one.tags, ...(one.replaced || [])].includes(tag));
  function needsOf(card, protocol, settings) {
    const classes = [card && card.class, protocol && protocol.class].map((one) => CLASSES.indexOf(one));
    const way = (settings.who || {})[CLASSES[Math.max(0, ...classes)]] || "none";
    const photos = [card ? card.photo : "optional", protocol && protocol.photo].map((one) => PHOTOS.indexOf(one));
    const one_press = protocol && (typeof protocol.one_press === "boolean" ? protocol.one_press : Math.max(...classes) === 0);
    return { way, name: way !== "none", proof: !["none", "typed"].includes(way), photo: PHOTOS[Math.max(0, ...photos)], one_press, contact_s: protocol && protocol.contact_s };
  }
  // What a record would lack, as it stands.
  const wordOpen = (say, needs, { missed, isWet, hasPhoto, hasName, isProven }) =>
    [
      missed.length ? say("open-steps", { steps: missed.join(", ") }) : "",
      isWet ? "" : say("open-wet"),
      needs.photo === "required" && !hasPhoto ? say("open-photo") : "",
      needs.name && !hasName ? say("open-who") : isProven ? "" : say("open-proof"),
    ].filter(Boolean).join("; ");
  // What the box takes from nobody: a text that is longer than its field.
  function wordTooLong(say, form) {
    const field = [...form.querySelectorAll("[maxlength]")].find(({ value, maxLength }) => [...value.trim()].length > maxLength);
    return field && say("too-long", { field: field.labels[0].firstChild.textContent.trim(), count: field.maxLength });
  }

  // An item's own page.

  // Only what is named here is read of it: what proves who somebody is stays where it was typed.
  function readPage(form) {
    const fields = new FormData(form);
    const text = (name) => fields.get(name) || "";
    const entered = (name) => text(name) || undefined;
    const boxes = [...form.querySelectorAll("[name=step]")];
    const isNeeded = (box) => !box.parentElement.querySelector("small");
    const isDone = (box) => box.checked || (fields.has("all") && isNeeded(box));
    const numbers = (some) => some.map((box) => Number(box.value));
    const picked = form.querySelector("[name=pick]:checked");
    const name = picked ? picked.parentElement.textContent : text("cleaned_by");
    const file = (form.querySelector("[name=photo]") || { files: [] }).files[0];
    const hasKept = Boolean(form.querySelector("img"));
    const who = picked ? { way: "list", name, staff: picked.value } : name.trim() ? { way: "typed", name } : { way: "none" };
    const what = form.querySelector("[name=what]") && (entered("what") || (text("notes").trim() && "other"));
    const cleaned = what === null;
    const sheet = {
      v: 1,
      id: text("submission"),
      tag: form.getAttribute("action").split(/[/?]/)[2],
      protocol: text("protocol") ? { id: text("protocol"), version: Number(text("version")) } : null,
      cleaned,
      problem: what ? { what, text: text("notes") } : undefined,
      agent: text("agent"),
      lot: fields.has("lot") ? text("lot") : undefined,
      lot_expires: /^\d{4}-\d\d-\d\d$/.test(text("lot_expires")) ? text("lot_expires") : undefined,
      trigger: text("trigger"),
      class: entered("class"),
      steps: numbers(boxes.filter(isDone)),
      who,
      note: cleaned ? text("notes") : "",
      // By this the box finds the photo that it has of an earlier press.
      page: hasKept && !file ? text("page") : undefined,
    };
    return { sheet, file, hasPhoto: hasKept || file, missed: numbers(boxes.filter((box) => isNeeded(box) && !isDone(box))) };
  }

  let warned = "";
  // Keeps the record of a page at whose press the box did not answer, and goes to where it waits. What is still open is said
  // once, in the words of the page that this phone keeps.
  async function takePage(form, press, by) {
    const { sheet, file, hasPhoto, missed } = readPage(form);
    const { cleaned } = sheet;
    const [card, settings, seen] = [await findCard(sheet.tag), (await read("meta", "settings")) || { size: 0 }, await read("meta", "seen")];
    const shell = await caches.match("/app");
    const say = sayIn(readWords(new DOMParser().parseFromString(await shell.text(), "text/html")));
    if (await isFull()) return say("full-records");
    if (!cleaned && !sheet.problem) return `${say("problem-what")} ${say("problem-choose")}`;
    const tooLong = wordTooLong(say, form);
    if (tooLong) return tooLong;
    const protocol = sheet.protocol && (await read("meta", `protocol ${sheet.protocol.id}`));
    const needs = needsOf(card, protocol, settings);
    // Who presses that it is recorded without its contact time, or without proof, is not asked whether they mean it.
    const isWet = (by && by.id === "unmeasured") || !form.querySelector("#wet [role=timer]");
    const { way } = sheet.who;
    const isProven = (by && by.id === "unproven") || ["none", "typed", way].includes(needs.way);
    const open = cleaned && wordOpen(say, needs, { missed, isWet, hasPhoto, hasName: way !== "none", isProven });
    if (open && open !== warned) {
      warned = open;
      return `${say("dead-spot")} ${say("still-open", { what: open })}`;
    }
    const { photos, left } = await takePhoto(file);
    const hashes = photos.map(({ hash }) => hash);
    const record = {
      id: sheet.id, document: { ...sheet, photos: hashes, cards: settings.size }, name: (card && card.name) || document.querySelector("h1").textContent,
      state: "phone", photos: hashes, photo_left: left, open: [Math.round(performance.timeOrigin), 0], start: null, press, seen: seen || null, pages: [PAGE],
    };
    await keep(record, photos);
    location.replace("/app/queue");
    return undefined;
  }

  return {
    PAGE, clocks, readWords, sayIn, inStores, read, readAll, write, newId, isWaiting, dropPhotos, keep, isFull, takePhoto, hasNoRoomForPhotos,
    findCard, needsOf, wordOpen, wordTooLong, takePage,
  };
})();

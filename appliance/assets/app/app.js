// The installed page: what needs cleaning, by what the phone knows, and records that wait here until the box answers.
// Nothing is decided here: the phone writes down what was pressed and what its clocks read, and the box judges it.
"use strict";
(() => {
  const RECORDS_MAX = 200;
  const PHOTO_BYTES_ALL_MAX = 300e6;
  const SIDE_MAX = 1600;
  const ANSWER_MS = 2000;
  const CARDS_EVERY_MS = 600000;
  const COPY_LENGTH_MAX = 50e6;
  const DAY_MS = 86400000;
  const AMBER_MS = DAY_MS / 2;
  // Another page of this phone has other readings of its clock.
  const PAGE = String(crypto.getRandomValues(new Uint32Array(2)));

  const main = document.querySelector("#app");
  const install = document.querySelector("#install");
  const isInstalled = matchMedia("(display-mode: standalone)").matches || Boolean(navigator.standalone);
  const words = {};
  for (const word of document.querySelectorAll("#words [data-key]")) words[word.dataset.key] = word.textContent;
  const say = (key, values = {}) =>
    Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), words[key] || key);
  const locale = document.documentElement.lang;
  const time = (ms) => new Date(ms).toLocaleString(locale, { dateStyle: "short", timeStyle: "short" });
  const clocks = () => [Date.now(), Math.round(performance.now())];
  const opened = clocks();

  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (value === true) element.setAttribute(key, "");
      else if (value !== false && value !== undefined) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== undefined));
    return element;
  }
  const named = (text) => make("bdi", { translate: "no" }, text);

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

  // What the box says.

  async function ask(path, options = {}) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), options.within || ANSWER_MS);
    try {
      const answer = await fetch(path, { cache: "no-store", ...options, signal: limit.signal });
      const [wall, boot, up] = (answer.headers.get("x-box-time") || "").split(";");
      if (boot) {
        const seen = { phone: Date.now(), box: wall ? Number(wall) : null, boot, up: Number(up) };
        await write("meta", seen, "seen");
      }
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  let cardsAt = -Infinity;
  async function takeCards() {
    if (performance.now() - cardsAt < CARDS_EVERY_MS) return;
    const known = await read("meta", "settings");
    const since = known && known.language === locale ? known.size : 0;
    const labels = since ? `&labels=${known.labels}` : "";
    const answer = await ask(`/api/v1/app/cards?since=${since}${labels}`, { within: 20000 });
    if (!answer.ok) return;
    const lines = (await answer.text()).split("\n").filter(Boolean).map((line) => JSON.parse(line));
    await inStores(["cards", "meta"], "readwrite", (cards, meta) => {
      if (lines[0] && lines[0].whole) cards.clear();
      for (const { kind, ...row } of lines) {
        if (kind === "settings") meta.put({ ...row, language: locale }, "settings");
        if (kind === "protocol") meta.put(row, `protocol ${row.id}`);
        if (kind === "item") cards.put(row);
      }
    });
    cardsAt = performance.now();
  }

  // The queue.

  function newId() {
    const symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let id = "";
    for (let rest = Date.now(), n = 0; n < 10; n += 1, rest = Math.floor(rest / 32)) id = symbols[rest % 32] + id;
    for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += symbols[byte % 32];
    return id;
  }

  const isWaiting = (record) => record.state === "phone";
  const inOrder = (records) => records.sort((a, b) => a.order - b.order);

  async function keep(record, photos) {
    await inStores(["outbox", "photos", "meta"], "readwrite", (outbox, kept, meta) => {
      for (const photo of photos) kept.put(photo);
      outbox.put(record);
      if (record.document.cleaned) meta.delete(`wet ${record.document.tag}`);
      if (record.document.cleaned) meta.put({ lot: record.document.lot, lot_expires: record.document.lot_expires }, "lot");
      if (record.document.who.name) meta.put(record.document.who.name, "name");
    });
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
  }

  function withTimes({ document, open, start, press, pages, seen }) {
    const times = { open, start, press, send: clocks(), same_page: pages.every((page) => page === PAGE), seen };
    return { ...document, times };
  }

  // One record after the other, in the order of the presses. True: the box answered for this one, and the next may go.
  async function send(record) {
    const form = new FormData();
    form.append("submission", JSON.stringify(withTimes(record)));
    for (const hash of record.photos) {
      const photo = await read("photos", hash);
      if (photo) form.append("photo", photo.blob, "photo.jpg");
    }
    const answer = await ask("/api/v1/submissions", { method: "POST", body: form, within: 120000 });
    if (answer.status === 429 || answer.status >= 500) {
      waitUntil = Date.now() + Number(answer.headers.get("retry-after") || 5) * 1000 * (0.8 + Math.random() * 0.4);
      return false;
    }
    // Whoever else answers here, such as the Wi-Fi's own page, is not the box.
    if (![201, 409, 413, 422].includes(answer.status)) return false;
    const said = await answer.json();
    const state = answer.status === 201 ? { state: "box", url: said.url } : { state: "refused", why: said.title, next: said.safe };
    await inStores(["outbox", "photos"], "readwrite", (outbox, kept) => {
      outbox.put({ ...record, ...state, at: Date.now() });
      for (const hash of record.photos) kept.delete(hash);
    });
    return true;
  }

  async function learnStates(records) {
    const there = records.filter((record) => record.state === "box").slice(0, 50);
    const waiting = records.filter(isWaiting).map((record) => record.press[0]);
    const oldest = waiting.length ? Math.max(0, Math.round((Date.now() - Math.min(...waiting)) / 1000)) : 0;
    const headers = { "x-waiting": `${waiting.length};${oldest}` };
    const answer = await ask(`/api/v1/submissions/state?id=${there.map((record) => record.id).join(",")}`, { headers });
    if (!answer.ok) return false;
    const states = await answer.json();
    for (const record of there) {
      if (states[record.id] === "relay") await write("outbox", { ...record, state: "relay" });
    }
    const life = (record) => (record.state === "refused" ? 30 : 1) * DAY_MS;
    const old = records.filter((record) => !isWaiting(record) && Date.now() - record.at > life(record));
    await inStores(["outbox"], "readwrite", (outbox) => void old.forEach((record) => outbox.delete(record.id)));
    return true;
  }

  const alone = (work) =>
    navigator.locks ? navigator.locks.request("outbox", { ifAvailable: true }, (lock) => (lock ? work() : undefined)) : work();
  let waitUntil = 0;
  let pause = 5000;
  let timer;
  async function empty() {
    clearTimeout(timer);
    let isThere = false;
    try {
      await alone(async () => {
        if (Date.now() < waitUntil || !(await learnStates(await readAll("outbox")))) return;
        isThere = true;
        for (const record of inOrder((await readAll("outbox")).filter(isWaiting))) {
          if (!(await send(record))) break;
          await draw();
        }
      });
      if (isThere) await takeCards();
    } catch {
      // The box does not answer: what is here stays here.
    }
    pause = isThere ? 5000 : Math.min(60000, pause * 2);
    if (!document.hidden) timer = setTimeout(empty, pause * (0.8 + Math.random() * 0.4));
    await draw();
  }

  // Photos.

  async function squeeze(file) {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE_MAX / Math.max(image.width, image.height));
    const canvas = make("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
    let hash = newId();
    if (crypto.subtle) {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
      hash = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }
    return { hash, blob };
  }

  async function isFull() {
    const photos = await readAll("photos");
    if (photos.reduce((sum, photo) => sum + photo.blob.size, 0) > PHOTO_BYTES_ALL_MAX) return true;
    const room = navigator.storage && navigator.storage.estimate && (await navigator.storage.estimate());
    return Boolean(room && room.quota && room.usage > room.quota * 0.8);
  }

  // A copy of what waits, for a phone that cannot reach the box any more: staff take it in there, and nothing is recorded twice.

  const inText = (blob) =>
    new Promise((done, failed) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result.split(",")[1]);
      reader.onerror = () => failed(reader.error);
      reader.readAsDataURL(blob);
    });
  async function copyLines() {
    const files = [[]];
    let length = 0;
    for (const record of inOrder((await readAll("outbox")).filter(isWaiting))) {
      const same = record.pages.every((page) => page === record.pages[0]);
      const submission = withTimes(record);
      submission.times.same_page = same;
      const lines = [JSON.stringify({ submission })];
      for (const hash of record.photos) {
        const photo = await read("photos", hash);
        if (photo) lines.push(JSON.stringify({ photo: await inText(photo.blob) }));
      }
      const more = lines.reduce((sum, line) => sum + line.length + 1, 0);
      if (length + more > COPY_LENGTH_MAX) [files[files.length], length] = [[], 0];
      files[files.length - 1].push(...lines);
      length += more;
    }
    return files;
  }
  async function saveCopy() {
    const day = new Date().toISOString().slice(0, 10);
    for (const [n, lines] of (await copyLines()).entries()) {
      const file = new File([lines.join("\n"), "\n"], `cleantrack-${day}-${n + 1}.txt`, { type: "text/plain" });
      // From the home screen of an iPhone nothing can be downloaded.
      if (navigator.standalone && navigator.canShare && navigator.canShare({ files: [file] })) await navigator.share({ files: [file] });
      else {
        const link = make("a", { href: URL.createObjectURL(file), download: file.name });
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60000);
      }
    }
  }

  // Pages.

  const tagIn = (text) => {
    const last = text.trim().toUpperCase().replace(/\/+$/, "").split("/").pop();
    const tag = last.replace(/[\s-]/g, "");
    return /^[0-9A-Z]{9}$/.test(tag) ? tag : undefined;
  };

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
  // Which item each code of others opens, by what this phone knows.
  async function knownCodes() {
    const cards = await readAll("cards");
    return new Map(cards.flatMap((card) => (card.codes || []).map((code) => [code, card.tag])));
  }

  const route = () => {
    const path = location.pathname.replace(/\/+$/, "");
    if (path === "/app/queue") return { page: "queue" };
    const named = path.startsWith("/t/") ? path.slice(3) : new URLSearchParams(location.search).get("tag") || path.slice(1);
    const tag = path.startsWith("/app") ? undefined : tagIn(named);
    return tag ? { page: "item", tag } : { page: "start" };
  };
  // With the worker the box's own page is tried first; without it only this page is here when the box is not.
  const hasWorker = () => Boolean(navigator.serviceWorker && navigator.serviceWorker.controller);
  async function openTag(tag) {
    const isThere = () => ask("/api/v1/submissions/state").then((answer) => answer.ok, () => false);
    if (hasWorker() || (await isThere())) return void (location.href = `/t/${tag}`);
    history.pushState({}, "", `/app?tag=${tag}`);
    local = tag;
    draw(true);
  }
  let local;

  function rowOf(record) {
    const late = isWaiting(record) && Date.now() - record.press[0] > AMBER_MS;
    const where = { phone: "on-phone", box: "on-box", relay: "at-relay", refused: "refused" }[record.state];
    const badge = { phone: late ? "late" : "due", box: "ok", relay: "ok", refused: "late" }[record.state];
    const what = [make("p", {}, make("strong", {}, named(record.name)), " ", make("span", { class: `tag ${badge}` }, say(where)))];
    if (isWaiting(record)) what.push(make("p", { class: "hint" }, say("by-phone", { time: time(record.press[0]) })));
    if (record.state === "refused") what.push(make("p", {}, record.why, " ", record.next || ""));
    const isReport = record.document.cleaned === false;
    if (isReport) what.push(make("p", { class: "hint" }, say("problem")));
    if (record.url) what.push(make("p", {}, make("a", { class: "link", href: record.url }, say(isReport ? "open" : "receipt"))));
    return make("li", { "data-state": record.state }, ...what);
  }

  function copyCard() {
    const save = make("button", { type: "button", class: "two", id: "copy", onclick: () => saveCopy().catch(() => undefined) }, say("copy"));
    return make("section", { class: "card" }, make("h2", {}, say("copy-title")), make("p", {}, say("copy-meaning")), save);
  }

  async function queuePage() {
    const records = inOrder(await readAll("outbox")).reverse();
    return [
      make("h1", {}, say("queue-title")),
      make("p", { class: "hint" }, say("queue-meaning")),
      records.length ? make("ul", { role: "list", class: "card" }, ...records.map(rowOf)) : make("p", { class: "card" }, say("queue-none")),
      make("p", { class: "row start" }, make("button", { type: "button", id: "send", onclick: () => ((waitUntil = 0), empty()) }, say("send"))),
      records.some(isWaiting) ? copyCard() : "",
      make("p", {}, make("a", { class: "link", href: "/app" }, say("back"))),
    ];
  }

  function findForm() {
    const field = make("input", { id: "tag", name: "tag", autocomplete: "off", autocapitalize: "characters", maxlength: 140 });
    const wrong = make("p", { class: "err", role: "alert", hidden: true }, say("tag-wrong"));
    const submit = async (event) => {
      event.preventDefault();
      const tag = (await knownCodes()).get(readCode(field.value)) || tagIn(field.value);
      wrong.hidden = Boolean(tag);
      if (tag) openTag(tag);
    };
    const line = make("div", { class: "f" }, make("label", { for: "tag" }, say("tag")), wrong, field);
    return make("form", { class: "card", onsubmit: submit }, line, make("button", { class: "two" }, say("open")));
  }

  // A label of ours is a tag, or an address that ends with one. Of whatever else is in the picture only codes of items are taken.
  const isLabel = (text) => /^(https?:\/\/[^/]+\/(t\/)?)?[0-9A-Z]{9}\/?$/i.test(text.trim());

  let isScanning = false;
  function scanCard() {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return undefined;
    const video = make("video", { playsinline: true, muted: true, hidden: true, "aria-label": say("scan-view") });
    video.style.width = "100%";
    video.muted = true;
    const wrong = make("p", { class: "err", role: "alert", hidden: true }, say("scan-failed"));
    const begin = make("button", { type: "button", id: "scan" }, say("scan"));
    let stop;
    let codes;
    const end = () => {
      if (stop) stop();
      stop = undefined;
      isScanning = false;
      video.hidden = true;
      begin.textContent = say("scan");
    };
    const take = (text) => {
      const tag = codes.get(readCode(text)) || (isLabel(text) && tagIn(text));
      if (!tag) return false;
      end();
      openTag(tag);
      return true;
    };
    begin.addEventListener("click", async () => {
      if (isScanning) return void end();
      isScanning = true;
      wrong.hidden = true;
      video.hidden = false;
      begin.textContent = say("scan-stop");
      try {
        codes = await knownCodes();
        const { reader, glue, wasm } = main.dataset;
        const ended = await openScanner(video, { reader, glue, wasm }, take);
        if (isScanning) stop = ended;
        else ended();
      } catch {
        end();
        wrong.hidden = false;
      }
    });
    return make("section", { class: "card" }, begin, wrong, video);
  }

  async function startPage() {
    const [records, cards] = [await readAll("outbox"), await readAll("cards")];
    const waiting = records.filter(isWaiting).length;
    const due = cards.filter((card) => card.urgency > 0).sort((a, b) => b.urgency - a.urgency || a.name.localeCompare(b.name));
    const rows = due.slice(0, 50).map((card) =>
      make(
        "li",
        {},
        make("a", { class: "link", href: `/t/${card.tag}`, onclick: (event) => (event.preventDefault(), openTag(card.tag)) }, named(card.name)),
        " ",
        make("span", { class: `tag ${card.badge}` }, card.due),
      ),
    );
    return [
      make("h1", {}, say("title")),
      make("p", { class: waiting ? "note" : "hint", role: "status" }, waiting ? say("waiting", { count: waiting }) : say("waiting-none")),
      make("p", {}, make("a", { class: "link", href: "/app/queue" }, say("queue-title"))),
      scanCard() || "",
      findForm(),
      make("section", { class: "card" }, make("h2", {}, say("due-title")), rows.length ? make("ul", { role: "list" }, ...rows) : make("p", { class: "hint" }, say("due-none"))),
    ];
  }

  async function itemPage(tag) {
    const card = (await readAll("cards")).find((one) => one.tag === tag || one.tags.includes(tag));
    const protocol = card && card.protocols[0] && (await read("meta", `protocol ${card.protocols[0]}`));
    const name = card ? card.name : tag;
    const steps = protocol ? protocol.steps : [{ text: say("plain-step"), required: true }];
    const wet = await read("meta", `wet ${tag}`);
    const form = make("form", { id: "record", novalidate: true });
    const ticks = steps.map((step, n) => make("input", { type: "checkbox", name: "step", value: n + 1, id: `step-${n + 1}` }));
    const all = () => ticks.forEach((tick) => (tick.checked = true));
    form.append(
      make(
        "fieldset",
        { class: "card" },
        make("legend", { class: "away" }, say("steps")),
        make("h2", {}, say("steps")),
        protocol && protocol.one_press ? make("button", { type: "button", class: "two", onclick: all }, say("all-steps", { count: steps.length })) : undefined,
        ...steps.map((step, n) => make("label", { class: "tick" }, ticks[n], make("span", protocol ? { translate: "no" } : {}, `${n + 1}. ${step.text}`))),
      ),
    );
    if (protocol && protocol.contact_s) form.append(wetCard(tag, protocol.contact_s, wet));
    const photo = make("input", { type: "file", id: "photo", accept: "image/*", capture: "environment" });
    const full = await isFull();
    const who = make("input", { id: "who", name: "who", autocomplete: "name", maxlength: 120, value: (await read("meta", "name")) || "" });
    const note = make("textarea", { id: "note", maxlength: 1000, rows: 2 });
    form.append(
      lotCard((await read("meta", "lot")) || {}),
      make(
        "div",
        { class: "card" },
        make("div", { class: "f" }, make("label", { for: "photo" }, say("photo")), full ? make("p", { class: "err" }, say("full")) : photo),
        make("div", { class: "f" }, make("label", { for: "who" }, say("who")), who),
        make("div", { class: "f" }, make("label", { for: "note" }, say("note")), note),
      ),
      problemCard(() => save(false)),
      make("p", { class: "err", role: "alert", hidden: true, id: "trouble" }),
      make("div", { class: "bar" }, make("button", { class: "go" }, say("record"))),
    );
    const trouble = (text) => {
      const line = form.querySelector("#trouble");
      line.textContent = text;
      line.hidden = false;
    };
    async function save(cleaned) {
      const press = clocks();
      const button = form.querySelector(".go");
      const problem = readProblem(form);
      if (!cleaned && !problem) return trouble(say("problem-choose"));
      if (button.disabled) return;
      button.disabled = true;
      try {
        const records = await readAll("outbox");
        if (records.filter(isWaiting).length >= RECORDS_MAX) throw new Error(say("full"));
        const start = (cleaned && (await read("meta", `wet ${tag}`))) || undefined;
        const photos = photo.files[0] && !full ? [await squeeze(photo.files[0])] : [];
        const sheet = {
          v: 1,
          id: newId(),
          tag: card ? card.tag : tag,
          protocol: protocol && cleaned ? { id: protocol.id, version: protocol.version } : null,
          cleaned,
          problem,
          ...(cleaned && readLot(form)),
          steps: ticks.filter((tick) => cleaned && tick.checked).map((tick) => Number(tick.value)),
          who: who.value.trim() ? { way: "typed", name: who.value.trim() } : { way: "none" },
          note: note.value,
          photos: photos.map(({ hash }) => hash).filter((hash) => hash.length === 64),
          cards: ((await read("meta", "settings")) || { size: 0 }).size,
        };
        const last = Math.max(0, ...records.map((record) => record.order));
        const seen = (await read("meta", "seen")) || null;
        const record = {
          id: sheet.id, document: sheet, name, order: last + 1, state: "phone", photos: photos.map(({ hash }) => hash),
          open: opened, start: start ? start.clocks : null, press, seen, pages: start ? [PAGE, start.page] : [PAGE],
        };
        await keep(record, photos);
        history.replaceState({}, "", "/app/queue");
        local = undefined;
        await draw(true);
        empty();
      } catch (error) {
        trouble(error.message === say("full") ? error.message : say("not-kept"));
        button.disabled = false;
      }
    }
    form.addEventListener("submit", (event) => (event.preventDefault(), save(true)));
    return [
      make("section", { class: "card item" }, make("p", { class: "code", translate: "no" }, tag), make("h1", { translate: "no" }, name), make("p", { class: "hint" }, card ? named(card.place) : say("unknown-tag"))),
      make("p", { class: "note" }, say("dead-spot")),
      form,
      make("p", {}, make("a", { class: "link", href: "/app" }, say("back"))),
    ];
  }

  // The bottle is the same as last time, mostly.
  function lotCard({ lot = "", lot_expires = "" }) {
    const over = make("p", { class: "err", role: "status", hidden: true }, say("lot-over"));
    const today = new Date();
    const day = [today.getFullYear(), today.getMonth() + 1, today.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
    const show = (last) => (over.hidden = !last || last >= day);
    const expires = make("input", { type: "date", id: "lot-expires", value: lot_expires, oninput: () => show(expires.value) });
    show(lot_expires);
    return make(
      "details",
      { class: "card", open: Boolean(lot || lot_expires) },
      make("summary", {}, say("lot")),
      make("div", { class: "f" }, make("label", { for: "lot" }, say("lot-number")), make("input", { id: "lot", autocomplete: "off", maxlength: 40, value: lot })),
      make("div", { class: "f" }, make("label", { for: "lot-expires" }, say("lot-expires")), over, expires),
    );
  }
  function readLot(form) {
    return { lot: form.querySelector("#lot").value.trim(), lot_expires: form.querySelector("#lot-expires").value || undefined };
  }

  // What is wrong with the item goes with the cleaning, or alone.
  const FAULTS = ["broken", "part missing", "can not be cleaned", "soiled", "wrong label", "other"];
  function problemCard(sendAlone) {
    const choices = ["", ...FAULTS].map((value) => make("option", { value }, say(value || "problem-choose")));
    return make(
      "details",
      { class: "card" },
      make("summary", {}, say("problem")),
      make("div", { class: "f" }, make("label", { for: "what" }, say("problem-what")), make("select", { id: "what" }, ...choices)),
      make("div", { class: "f" }, make("label", { for: "what-text" }, say("problem-text")), make("textarea", { id: "what-text", maxlength: 1000, rows: 2 })),
      make("button", { type: "button", class: "two", id: "report", onclick: sendAlone }, say("problem-only")),
    );
  }
  function readProblem(form) {
    const text = form.querySelector("#what-text").value.trim();
    const what = form.querySelector("#what").value || (text && "other");
    return what ? { what, text } : undefined;
  }

  function wetCard(tag, needed, wet) {
    const left = make("p", { class: "num", role: "timer" });
    const begin = make("button", { type: "button", class: "two" }, say("wet-start"));
    const show = (started) => {
      const now = clocks();
      const passed = Math.max(now[0] - started.clocks[0], started.page === PAGE ? now[1] - started.clocks[1] : 0);
      const rest = Math.max(0, Math.ceil(needed - passed / 1000));
      left.textContent = rest ? `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")}` : say("wet-over");
      if (rest && left.isConnected) setTimeout(() => show(started), 500);
    };
    begin.addEventListener("click", async () => {
      const started = { clocks: clocks(), page: PAGE };
      await write("meta", started, `wet ${tag}`);
      show(started);
    });
    if (wet) requestAnimationFrame(() => show(wet));
    return make("section", { class: "card" }, make("h2", {}, say("wet")), left, begin);
  }

  // Draws the page anew; one that somebody fills in stays as it is.
  let drawing = Promise.resolve();
  function draw(isNew) {
    drawing = drawing.then(async () => {
      const at = local ? { page: "item", tag: local } : route();
      install.hidden = isInstalled || at.page !== "start";
      const held = main.contains(document.activeElement) ? document.activeElement : undefined;
      if (!isNew && (isScanning || at.page === "item" || (held && held.matches("input, textarea")))) return;
      try {
        const parts = await { queue: queuePage, start: startPage, item: () => itemPage(at.tag) }[at.page]();
        // What is as it was stays: whoever presses a button that is replaced meanwhile presses nothing.
        const now = [...main.childNodes];
        const next = [...make("main", {}, ...parts).childNodes];
        next.forEach((node, n) => {
          if (!now[n]) main.append(node);
          else if (isNew || !node.isEqualNode(now[n])) now[n].replaceWith(node);
        });
        now.slice(next.length).forEach((node) => node.remove());
        const again = held && held.id && document.getElementById(held.id);
        if (again) again.focus();
      } catch (error) {
        main.replaceChildren(make("p", { class: "problem", role: "alert" }, say(error && error.name === "VersionError" ? "reload" : "no-store")));
      }
    });
    return drawing;
  }

  async function addWorker() {
    if (!navigator.serviceWorker || !isSecureContext) return;
    try {
      if ((await ask("/api/v1/submissions/state")).ok) await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
    } catch {
      // The worker that is there already goes on.
    }
  }

  for (const [target, event] of [[window, "online"], [window, "focus"], [document, "visibilitychange"]]) {
    target.addEventListener(event, () => document.hidden || empty());
  }
  addEventListener("popstate", () => ((local = undefined), draw(true)));
  draw(true).then(addWorker).then(empty);
})();

// The installed page: what needs cleaning, by what the phone knows, and records that wait here until the box answers.
// Nothing is decided here: the phone writes down what was pressed and what its clocks read, and the box judges it.
"use strict";
(() => {
  const ANSWER_MS = 2000;
  const SLOW_ANSWER_MS = 10000;
  const CARDS_EVERY_MS = 600000;
  const COPY_LENGTH_MAX = 50e6;
  const DAY_MS = 86400000;
  const AMBER_MS = DAY_MS / 2;
  const STATES = "/api/v1/submissions/state";
  const IDS_MAX = 100;
  // A record that the box does not take so often no longer holds up those behind it.
  const TRIES_MAX = 3;
  // What the box puts off of one record alone.
  const OWN_WAITS = ["/problems/reports-spent", "/problems/badges-spent", "/problems/photo"];
  const [WAIT_MS, WAIT_MS_MAX] = [5000, 3600000];

  const { readTag, tagIn, plain, indexCodes, labelIn } = labels;
  const { PAGE, clocks, readWords, sayIn, inStores, read, readAll, write, newId, isWaiting, dropPhotos } = phoneQueue;
  const { keep, isFull, takePhoto, hasNoRoomForPhotos, findCard, needsOf, wordOpen, wordTooLong } = phoneQueue;
  const main = document.querySelector("#app");
  const { nameMax, noteMax, lotMax } = main.dataset;
  const install = document.querySelector("#install");
  const isInstalled = matchMedia("(display-mode: standalone)").matches || Boolean(navigator.standalone);
  const say = sayIn(readWords(document));
  const locale = document.documentElement.lang;
  const time = (ms) => new Date(ms).toLocaleString(locale, { dateStyle: "short", timeStyle: "short" });

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

  // What the box says.

  // When it was last heard by this page.
  let heard;
  async function ask(path, options = {}) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), options.within || ANSWER_MS);
    try {
      const answer = await fetch(path, { cache: "no-store", ...options, signal: limit.signal });
      const [wall, boot, up] = (answer.headers.get("x-box-time") || "").split(";");
      if (boot) {
        heard = { phone: Date.now(), box: wall ? Number(wall) : null, boot, up: Number(up) };
        await write("meta", heard, "seen");
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
        if (kind === "settings") meta.put({ ...row, language: locale, at: Date.now() }, "settings");
        if (row.shared) meta.delete("name");
        if (kind === "protocol") meta.put(row, `protocol ${row.id}`);
        if (kind === "item") cards.put(row);
      }
    });
    cardsAt = performance.now();
  }

  // The queue.

  const inOrder = (records) => records.sort((a, b) => a.order - b.order);

  function withTimes({ document, open, start, press, pages, seen }) {
    const times = { open, start, press, send: clocks(), same_page: pages.every((page) => page === PAGE), seen };
    return { ...document, times };
  }

  // Notes what became of a record. Its photos go only with it, and only where no other that waits has the same.
  const settle = (record, change) =>
    inStores(["outbox", "photos"], "readwrite", (outbox, kept) => {
      const settled = { ...record, trouble: undefined, ...change };
      outbox.put(settled);
      if (isWaiting(settled)) return;
      const all = outbox.getAll();
      all.onsuccess = () => dropPhotos(kept, record.photos, all.result);
    });

  // The box itself says whether it keeps what it refused, or has the record already: only then this phone lets go of it.
  async function isKept(id) {
    const answer = await ask(`${STATES}?id=${id}`, { within: SLOW_ANSWER_MS });
    return answer.ok && ["refused", "box", "relay"].includes((await answer.json())[id]);
  }
  const isStuck = ({ trouble }) => Boolean(trouble && trouble.tries >= TRIES_MAX && trouble.page === PAGE);
  // By a clock that was set meanwhile no record waits for ever.
  const isPutOff = ({ trouble }) => Boolean(trouble && trouble.after > Date.now() && trouble.after - Date.now() <= WAIT_MS_MAX);

  // One record after the other, in the order of the presses. True: the next may go.
  async function send(record) {
    const form = new FormData();
    form.append("submission", JSON.stringify(withTimes(record)));
    for (const hash of record.photos) {
      const photo = await read("photos", hash);
      if (photo) form.append("photo", photo.blob, "photo.jpg");
    }
    const answer = await ask("/api/v1/submissions", { method: "POST", body: form, within: 120000 });
    // Whoever else answers here, such as the Wi-Fi's own page, is not the box.
    const isBox = (answer.headers.get("content-type") || "").startsWith("application/problem+json");
    const said = answer.status === 201 || isBox ? await answer.json() : {};
    if (answer.status === 429 || answer.status > 500) {
      // It may also be a day and time, and whoever stands between may say anything.
      const asked = Number(answer.headers.get("retry-after")) * 1000;
      const waitMs = asked > 0 ? Math.min(asked, WAIT_MS_MAX) : WAIT_MS;
      if (OWN_WAITS.includes(said.type)) {
        await settle(record, { trouble: { status: answer.status, why: said.title, after: Date.now() + waitMs } });
        return true;
      }
      waitUntil = performance.now() + waitMs * (0.8 + Math.random() * 0.4);
      return false;
    }
    if (answer.status !== 201 && !(answer.status >= 400 && isBox)) return false;
    const isRefused = [409, 422].includes(answer.status) && (await isKept(record.id));
    if (answer.status === 201 || isRefused) {
      const end = isRefused ? { state: "refused", why: said.title, next: said.safe } : { state: "box", url: said.url, lacks: said.incomplete };
      await settle(record, { ...end, at: Date.now() });
      return true;
    }
    const { status, tries } = record.trouble || {};
    const trouble = { status: answer.status, why: said.title, tries: status === answer.status ? tries + 1 : 1, page: PAGE };
    await settle(record, { trouble });
    return trouble.tries >= TRIES_MAX;
  }

  // How long a record has waited by this phone's clock, and no longer than by the box's: a clock that was set makes no phone lost.
  function ageOf({ press, seen }) {
    const byPhone = Date.now() - press[0];
    if (!seen || !heard) return Math.max(0, byPhone);
    const byBox = seen.boot === heard.boot ? heard.up - seen.up : seen.box && heard.box ? heard.box - seen.box : byPhone;
    return Math.max(0, Math.min(byPhone, byBox));
  }

  async function learnStates(records) {
    const there = records.filter((record) => record.state === "box");
    const waiting = records.filter(isWaiting).map(ageOf);
    const oldest = Math.round(Math.max(0, ...waiting) / 1000);
    // How long they have waited is only known once the box was heard.
    const headers = heard ? { "x-waiting": `${waiting.length};${oldest}` } : {};
    for (let n = 0; n === 0 || n < there.length; n += IDS_MAX) {
      const some = there.slice(n, n + IDS_MAX);
      const answer = await ask(`${STATES}?id=${some.map((record) => record.id).join(",")}`, { headers, within: patience });
      if (!answer.ok) return false;
      const states = await answer.json();
      const sent = some.filter((record) => states[record.id] === "relay");
      for (const record of sent) await write("outbox", { ...record, state: "relay" });
    }
    const life = (record) => (record.state === "refused" ? 30 : 1) * DAY_MS;
    const old = records.filter((record) => !isWaiting(record) && Date.now() - record.at > life(record));
    await inStores(["outbox"], "readwrite", (outbox) => void old.forEach((record) => outbox.delete(record.id)));
    return true;
  }

  // Who presses waits for a run that goes on by itself: it leaves out what was put off.
  const alone = (work, waits) =>
    navigator.locks ? navigator.locks.request("outbox", { ifAvailable: !waits }, (lock) => (lock ? work() : undefined)) : work();
  // A line may be slow, and not dead: after a silence the next answer may take longer.
  let [waitUntil, pause, patience, timer] = [0, 5000, ANSWER_MS];
  // By hand: also what the box did not take before, or put off.
  async function empty(byHand) {
    clearTimeout(timer);
    let isThere = false;
    try {
      await alone(async () => {
        if (performance.now() < waitUntil || !(await learnStates(await readAll("outbox")))) return;
        isThere = true;
        let isSent = false;
        for (const record of inOrder((await readAll("outbox")).filter(isWaiting))) {
          if (!byHand && (isStuck(record) || isPutOff(record))) continue;
          if (!(await send(record))) break;
          isSent = true;
          await draw();
        }
        // Whoever looks for this phone's records reads there how many it still holds.
        if (isSent) await learnStates(await readAll("outbox"));
      }, byHand);
      if (isThere) await takeCards();
    } catch {
      // The box does not answer: what is here stays here.
      patience = SLOW_ANSWER_MS;
    }
    pause = isThere ? 5000 : Math.min(60000, pause * 2);
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(() => empty(), pause * (0.8 + Math.random() * 0.4));
    await draw();
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

  // The first label of an item may have been replaced.
  const labelOf = ({ tag, tags, replaced = [] }) => [tag, ...tags].find((one) => !replaced.includes(one)) || tag;
  // Which label each tag and code stands for, by what this phone knows. An asset number does where nothing else is written so.
  async function knownCodes() {
    const cards = await readAll("cards");
    const tagsOf = (card) => [card.tag, ...card.tags, ...(card.replaced || [])].map((tag) => [tag, tag]);
    const codesOf = (card) => (card.codes || []).map((code) => [code, labelOf(card)]);
    const find = indexCodes(cards.flatMap((card) => [...tagsOf(card), ...codesOf(card)]));
    const numbered = indexCodes(cards.filter((card) => card.asset).map((card) => [card.asset, labelOf(card)]));
    return (text) => find(text) || numbered(text);
  }

  const route = () => {
    const path = location.pathname.replace(/\/+$/, "");
    if (path === "/app/queue") return { page: "queue" };
    const asked = new URLSearchParams(location.search).get("tag");
    const [, first, label, part] = path.split("/");
    const tag = readTag(first === "t" ? label : asked || path.slice(1));
    if (!tag) return { page: "start" };
    return part === "used" ? { page: "used", tag } : { page: "item", tag, isReport: part === "problem" };
  };
  // By what stands on a label the box says whether that is replaced; by the item's own address it does not.
  // With the worker the box's own page is tried first; without it only this page is here when the box is not.
  const hasWorker = () => Boolean(navigator.serviceWorker && navigator.serviceWorker.controller);
  async function openTag(tag, path = `/t/${tag}`) {
    const isThere = () => ask(STATES).then((answer) => answer.ok, () => false);
    if (hasWorker() || (await isThere())) return void (location.href = path);
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
    if (record.photo_left) what.push(make("p", { class: "hint" }, say("photo-left")));
    const { trouble } = record;
    if (isWaiting(record) && trouble && trouble.after) what.push(make("p", { class: "note" }, say("later", { why: trouble.why, time: time(trouble.after) })));
    else if (isWaiting(record) && trouble) what.push(make("p", { class: "err" }, say("not-taken", { why: trouble.why })));
    if (record.state === "refused") what.push(make("p", {}, `${record.why}. ${record.next || ""}`));
    const lacks = (record.lacks || []).map((part) => say(`lacks ${part}`));
    if (lacks.length) what.push(make("p", { class: "note" }, say("incomplete", { what: lacks.join(", ") })));
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
      make("p", { class: "row start" }, make("button", { type: "button", id: "send", onclick: () => ((waitUntil = 0), empty(true)) }, say("send"))),
      records.some(isWaiting) ? copyCard() : "",
      make("p", {}, make("a", { class: "link", href: "/app" }, say("back"))),
    ];
  }

  function findForm() {
    const field = make("input", { id: "tag", name: "tag", autocomplete: "off", autocapitalize: "characters", maxlength: 140 });
    const wrong = make("p", { class: "err", role: "alert", hidden: true }, say("tag-wrong"));
    const submit = async (event) => {
      event.preventDefault();
      const tag = (await knownCodes())(field.value) || tagIn(field.value);
      wrong.hidden = Boolean(tag);
      if (tag) openTag(tag, `/${tag}`);
    };
    const line = make("div", { class: "f" }, make("label", { for: "tag" }, say("tag")), wrong, field);
    return make("form", { class: "card", onsubmit: submit }, line, make("button", { class: "two" }, say("open")));
  }

  let isScanning = false;
  function scanCard() {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return undefined;
    const video = make("video", { playsinline: true, muted: true, hidden: true, "aria-label": say("scan-view") });
    video.style.width = "100%";
    video.muted = true;
    const wrong = make("p", { class: "err", role: "alert", hidden: true }, say("scan-failed"));
    const begin = make("button", { type: "button", id: "scan" }, say("scan"));
    const kinds = make("p", { class: "hint" }, say("scan-kinds"));
    // What no item that this phone knows has: the box says what it is.
    const other = make("p", { role: "status" });
    let [stop, find, hosts, before] = [];
    const end = () => {
      if (stop) stop();
      stop = undefined;
      isScanning = false;
      video.hidden = true;
      begin.textContent = say("scan");
    };
    const take = (text) => {
      const tag = find(text) || labelIn(text, find, hosts);
      if (!tag) {
        // Bars are misread at times: twice the same is read.
        if (text === before) {
          const link = make("a", { class: "link", href: `/t/?tag=${encodeURIComponent(text)}` }, say("scan-ask"));
          other.replaceChildren(say("scan-other"), " ", named(plain(text)), " ", link);
        }
        before = text;
        return false;
      }
      end();
      openTag(tag, `/${tag}`);
      return true;
    };
    begin.addEventListener("click", async () => {
      if (isScanning) return void end();
      isScanning = true;
      wrong.hidden = true;
      video.hidden = false;
      begin.textContent = say("scan-stop");
      try {
        find = await knownCodes();
        const { label_host: host = "" } = (await read("meta", "settings")) || {};
        hosts = [location.host, host.toLowerCase().replace(/^https?:\/\//, "").replace(/\/+$/, "")];
        const { reader, glue, wasm } = main.dataset;
        const ended = await openScanner(video, { reader, glue, wasm }, take);
        if (isScanning) stop = ended;
        else ended();
      } catch {
        end();
        wrong.hidden = false;
      }
    });
    return make("section", { class: "card" }, begin, kinds, wrong, other, video);
  }

  // What a phone knows is as old as its last look at the box.
  const asOf = (settings) => settings && settings.at && make("p", { class: "hint" }, say("as-of", { time: time(settings.at) }));

  async function startPage() {
    const [records, cards, settings] = [await readAll("outbox"), await readAll("cards"), await read("meta", "settings")];
    const waiting = records.filter(isWaiting).length;
    const due = cards.filter((card) => card.urgency > 0).sort((a, b) => b.urgency - a.urgency || a.name.localeCompare(b.name));
    const rows = due.slice(0, 50).map((card) =>
      make(
        "li",
        {},
        make("a", { class: "link", href: `/t/${labelOf(card)}`, onclick: (event) => (event.preventDefault(), openTag(labelOf(card))) }, named(card.name)),
        " ",
        make("span", { class: `tag ${card.badge}` }, card.due),
        card.cause ? make("small", {}, " ", card.cause) : "",
      ),
    );
    return [
      make("h1", {}, say("title")),
      make("p", { class: waiting ? "note" : "hint", role: "status" }, waiting ? say("waiting", { count: waiting }) : say("waiting-none")),
      make("p", {}, make("a", { class: "link", href: "/app/queue" }, say("queue-title"))),
      scanCard() || "",
      findForm(),
      make("section", { class: "card" }, make("h2", {}, say("due-title")), rows.length ? make("ul", { role: "list" }, ...rows) : make("p", { class: "hint" }, say("due-none")), asOf(settings) || ""),
    ];
  }

  let at = {};
  // By another protocol only the steps are others: what else was entered goes into the form that is drawn anew.
  const enteredIn = (form) => [...form.querySelectorAll("input[id]:not([name=step]), textarea[id], select[id]:not(#protocol)")];
  function enterAgain(form, entered) {
    for (const field of enteredIn(form).filter(({ id }) => id in entered)) {
      if (field.type === "file") field.files = entered[field.id];
      else field.value = entered[field.id];
      field.dispatchEvent(new Event("input"));
    }
    for (const part of form.querySelectorAll("details")) part.open ||= enteredIn(part).some(({ value }) => value);
  }
  function protocolCard(protocols, chosen) {
    const change = () => {
      for (const field of enteredIn(choose.form)) at.entered[field.id] = field.files || field.value;
      at.protocol = choose.value;
      draw(true);
    };
    const options = protocols.map((one) => make("option", { value: one.id, selected: one.id === chosen.id, translate: "no" }, one.name));
    const choose = make("select", { id: "protocol", onchange: change }, ...options);
    return make("div", { class: "card f" }, make("label", { for: "protocol" }, say("protocol")), choose);
  }

  const headOf = (tag, card) =>
    make(
      "section",
      { class: "card item" },
      make("p", { class: "code", translate: "no" }, tag),
      make("h1", { translate: "no" }, card ? card.name : tag),
      make("p", { class: "hint" }, card ? named(card.place) : say("unknown-tag")),
    );
  const backLink = () => make("p", {}, make("a", { class: "link", href: "/app" }, say("back")));

  // What is due from a use on is the box's to say.
  async function usedPage(tag) {
    const record = make("a", { class: "link", href: `/t/${tag}` }, say("record"));
    return [headOf(tag, await findCard(tag)), make("p", { class: "note" }, say("used")), make("p", {}, record), backLink()];
  }

  async function itemPage({ tag, isReport }) {
    const card = await findCard(tag);
    const settings = (await read("meta", "settings")) || { size: 0 };
    if (at.tag !== tag) at = { tag, opened: clocks(), entered: {}, protocol: new URLSearchParams(location.search).get("protocol") };
    const offered = await Promise.all(((card && card.protocols) || []).map((id) => read("meta", `protocol ${id}`)));
    const protocols = offered.filter(Boolean);
    const protocol = protocols.find((one) => one.id === at.protocol) || protocols[0];
    const needs = needsOf(card, protocol, settings);
    const name = card ? card.name : tag;
    const steps = protocol ? protocol.steps : [{ text: say("plain-step"), required: true }];
    const wet = await readWet(tag, protocol);
    const form = make("form", { id: "record", novalidate: true });
    const ticks = steps.map((step, n) => make("input", { type: "checkbox", name: "step", value: n + 1, id: `step-${n + 1}` }));
    const all = () => ticks.forEach((tick) => (tick.checked = true));
    if (protocols.length > 1) form.append(protocolCard(protocols, protocol));
    const canAll = steps.filter((step) => step.required).length > 1 && needs.one_press;
    form.append(
      make(
        "fieldset",
        { class: "card" },
        make("legend", { class: "away" }, say("steps")),
        make("h2", {}, say("steps")),
        canAll ? make("button", { type: "button", class: "two", onclick: all }, say("all-steps", { count: steps.length })) : undefined,
        ...steps.map((step, n) => make("label", { class: "tick" }, ticks[n], make("span", protocol ? { translate: "no" } : {}, `${n + 1}. ${step.text}`), step.required ? "" : make("small", {}, " ", say("step-optional")))),
      ),
    );
    if (needs.contact_s) form.append(wetCard(tag, protocol, wet));
    const photo = make("input", { type: "file", id: "photo", accept: "image/*", capture: "environment" });
    const full = await hasNoRoomForPhotos();
    const remembered = settings.shared ? "" : (await read("meta", "name")) || "";
    const who = make("input", { id: "who", name: "who", autocomplete: settings.shared ? "off" : "name", maxlength: nameMax, value: remembered });
    const note = make("textarea", { id: "note", maxlength: noteMax, rows: 2 });
    form.append(
      lotCard((await read("meta", "lot")) || {}),
      make(
        "div",
        { class: "card" },
        needs.photo === "none"
          ? ""
          : make("div", { class: "f" }, make("label", { for: "photo" }, say(needs.photo === "required" ? "photo-required" : "photo")), full ? make("p", { class: "err" }, say("full")) : photo),
        make("div", { class: "f" }, make("label", { for: "who" }, say("who")), needs.proof ? make("p", { class: "hint" }, say("who-proof")) : "", who),
        make("div", { class: "f" }, make("label", { for: "note" }, say("note")), note),
      ),
      problemCard(() => save(false), isReport, needs.photo === "none" && !full && photo),
      make("p", { class: "err", role: "alert", hidden: true, id: "trouble" }),
      make("div", { class: "bar" }, make("button", { class: "go" }, say("record"))),
    );
    enterAgain(form, at.entered);
    const trouble = (text) => {
      const line = form.querySelector("#trouble");
      line.textContent = text;
      line.hidden = false;
    };
    const listOpen = (wetStart) =>
      wordOpen(say, needs, {
        missed: steps.map((step, n) => (step.required && !ticks[n].checked ? n + 1 : 0)).filter(Boolean),
        isWet: !needs.contact_s || (wetStart && passedMs(wetStart) >= needs.contact_s * 1000),
        hasPhoto: photo.files[0],
        hasName: who.value.trim(),
        // The form itself says where that is not enough.
        isProven: true,
      });
    let told = "";
    async function save(cleaned) {
      const press = clocks();
      const button = form.querySelector(".go");
      const problem = readProblem(form);
      if (!cleaned && !problem) return trouble(say("problem-choose"));
      const tooLong = wordTooLong(say, form);
      if (tooLong) return trouble(tooLong);
      if (button.disabled) return;
      button.disabled = true;
      try {
        if (await isFull()) {
          button.disabled = false;
          return trouble(say("full-records"));
        }
        const start = (cleaned && (await readWet(tag, protocol))) || undefined;
        const open = cleaned ? listOpen(start) : "";
        if (open && open !== told) {
          [told, button.disabled] = [open, false];
          return trouble(say("still-open", { what: open }));
        }
        const { photos, left } = await takePhoto(photo.files[0]);
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
          cards: settings.size,
        };
        const seen = (await read("meta", "seen")) || null;
        const record = {
          id: sheet.id, document: sheet, name, state: "phone", photos: photos.map(({ hash }) => hash), photo_left: left,
          open: at.opened, start: start ? start.clocks : null, press, seen, pages: start ? [PAGE, start.page] : [PAGE],
        };
        await keep(record, photos);
        history.replaceState({}, "", "/app/queue");
        [local, at] = [undefined, {}];
        await draw(true);
        empty();
      } catch {
        trouble(say("not-kept"));
        button.disabled = false;
      }
    }
    form.addEventListener("submit", (event) => (event.preventDefault(), save(true)));
    return [
      headOf(tag, card),
      make("p", { class: "note" }, say("dead-spot")),
      card && card.replaced && card.replaced.includes(tag) ? make("p", { class: "note", id: "replaced" }, say("replaced")) : "",
      card && card.out_of_service ? make("p", { class: "note" }, say("out-of-service")) : "",
      card && card.problems && card.problems.length ? make("p", { class: "note" }, say("reported", { what: card.problems.join(", ") })) : "",
      form,
      backLink(),
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
      make("div", { class: "f" }, make("label", { for: "lot" }, say("lot-number")), make("input", { id: "lot", autocomplete: "off", maxlength: lotMax, value: lot })),
      make("div", { class: "f" }, make("label", { for: "lot-expires" }, say("lot-expires")), over, expires),
    );
  }
  function readLot(form) {
    return { lot: form.querySelector("#lot").value.trim(), lot_expires: form.querySelector("#lot-expires").value || undefined };
  }

  // What is wrong with the item goes with the cleaning, or alone.
  const FAULTS = ["broken", "part missing", "can not be cleaned", "soiled", "wrong label", "other"];
  function problemCard(sendAlone, isOpen, photo) {
    const choices = ["", ...FAULTS].map((value) => make("option", { value }, say(value || "problem-choose")));
    return make(
      "details",
      { class: "card", open: isOpen },
      make("summary", {}, say("problem")),
      make("div", { class: "f" }, make("label", { for: "what" }, say("problem-what")), make("select", { id: "what" }, ...choices)),
      make("div", { class: "f" }, make("label", { for: "what-text" }, say("problem-text")), make("textarea", { id: "what-text", maxlength: noteMax, rows: 2 })),
      photo ? make("div", { class: "f" }, make("label", { for: "photo" }, say("photo")), photo) : "",
      make("button", { type: "button", class: "two", id: "report", onclick: sendAlone }, say("problem-only")),
    );
  }
  function readProblem(form) {
    const text = form.querySelector("#what-text").value.trim();
    const what = form.querySelector("#what").value || (text && "other");
    return what ? { what, text } : undefined;
  }

  // A contact time is of the protocol by which it was started; another one takes its place.
  async function readWet(tag, protocol) {
    const started = protocol && (await read("meta", `wet ${tag}`));
    return started && started.protocol === protocol.id ? started : undefined;
  }
  const passedMs = (started) => {
    const now = clocks();
    return Math.max(now[0] - started.clocks[0], started.page === PAGE ? now[1] - started.clocks[1] : 0);
  };
  function wetCard(tag, protocol, wet) {
    const left = make("p", { class: "num", role: "timer" });
    const begin = make("button", { type: "button", class: "two" }, say("wet-start"));
    const show = (started) => {
      const rest = Math.max(0, Math.ceil(protocol.contact_s - passedMs(started) / 1000));
      left.textContent = rest ? `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")}` : say("wet-over");
      if (rest && left.isConnected) setTimeout(() => show(started), 500);
    };
    begin.addEventListener("click", async () => {
      const started = { clocks: clocks(), page: PAGE, protocol: protocol.id };
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
      const here = local ? { page: "item", tag: local } : route();
      install.hidden = isInstalled || here.page !== "start";
      const held = main.contains(document.activeElement) ? document.activeElement : undefined;
      if (!isNew && (isScanning || here.page === "item" || (held && held.matches("input, textarea")))) return;
      try {
        const parts = await { queue: queuePage, start: startPage, item: () => itemPage(here), used: () => usedPage(here.tag) }[here.page]();
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
      if ((await ask(STATES)).ok) await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
    } catch (error) {
      document.querySelector("#distrust").hidden = error.name !== "SecurityError"; // The worker that is there already goes on.
    }
  }

  for (const [target, event] of [[window, "online"], [window, "focus"], [document, "visibilitychange"]]) {
    target.addEventListener(event, () => document.hidden || empty());
  }
  addEventListener("popstate", () => (([local, at] = [undefined, {}]), draw(true)));
  draw(true).then(addWorker).then(() => empty());
})();

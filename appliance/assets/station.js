// The label station: scans from anywhere on the page, ticks kept at once, a count and a preview. None of it is needed.
"use strict";
(() => {
  const pick = document.querySelector("#pick");
  const press = document.querySelector(".press");
  if (!pick || !press) return;
  // By name alone: the list of items has an id that is another field's name.
  const field = (name) => [...pick.elements].find((element) => element.name === name);
  const boxes = () => [...pick.querySelectorAll("input[name=tag]")];
  const boxOf = (tag) => boxes().find((box) => box.value === tag);

  // What is on the list, as the box said last.
  let picked = Number(press.dataset.picked);
  const tally = press.querySelector("[data-tally]");
  const told = press.querySelector("[data-scans]");
  const print = press.querySelector("[data-print]");
  const showPicked = pick.querySelector("[data-show-picked]");
  const missedNote = pick.querySelector("[data-missed]");
  const missed = [];
  let last = "";
  let trouble = "";
  // The page holds the sentences, where a number or a name counts with their places for it; plurals have one for each form.
  const language = document.documentElement.lang || "en";
  const plurals = new Intl.PluralRules(language);
  const number = (n) => n.toLocaleString(language);
  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (place, name) => (name in values ? values[name] : place));
  const pluralForm = (n) => plurals.select(n).replace(/^./, (first) => first.toUpperCase());
  const counted = (sentence, n) => fill(press.dataset[sentence + pluralForm(n)] || press.dataset[`${sentence}Other`], { n: number(n) });
  const tell = () => {
    press.dataset.picked = picked;
    tally.textContent = fill(press.dataset.counted, { n: number(picked) });
    const parts = [];
    if (trouble) parts.push(trouble);
    else if (held) parts.push(press.dataset.sending);
    else if (last) parts.push(last);
    if (missed.length > 0) parts.push(fill(press.dataset.notPicked, { n: missed.length, last: missed[missed.length - 1] }));
    told.textContent = parts.join(". ");
    if (showPicked) showPicked.hidden = picked === 0;
    const labels = picked * Math.max(1, Number(field("copies") && field("copies").value) || 1);
    if (print) print.textContent = labels > 0 ? counted("labels", labels) : press.dataset.labelsNone;
  };
  const miss = (words) => {
    missed.push(words);
    const row = document.createElement("li");
    row.textContent = words;
    missedNote.querySelector("ul").append(row);
    missedNote.hidden = false;
  };

  // Scans and ticks wait here until the box has answered for them: one request at a time, in their order.
  const BATCH_MAX = 100;
  const ANSWER_MS = 20000;
  const RETRY_MS = 10000;
  const queue = [];
  let sending = false;
  let failures = 0;
  let held = null;

  const add = (op, text) => {
    queue.push({ op, text });
    tell();
    send();
  };

  async function send() {
    if (sending || queue.length === 0) return;
    sending = true;
    const batch = queue.slice(0, BATCH_MAX);
    const body = new URLSearchParams({ form: field("form").value, picks: field("picks").value });
    for (const { op, text } of batch) body.append("op", op + text);
    const refused = await ask(body, batch);
    sending = false;
    trouble = refused || "";
    if (refused === null) {
      failures = 0;
      queue.splice(0, batch.length);
    } else {
      failures += 1;
      // Who pressed a button looks again first: nothing is printed minutes later by itself.
      held = null;
    }
    tell();
    if (queue.length > 0) return void setTimeout(send, failures && Math.min(RETRY_MS, 500 * 2 ** failures));
    if (!held) return;
    const button = held;
    held = null;
    pick.requestSubmit(button);
  }

  // Null when the batch is settled, taken or refused for good; else what is in the way, empty where a second try is all.
  async function ask(body, batch) {
    try {
      const answer = await fetch("/staff/labels/picks", {
        method: "POST",
        body,
        headers: { accept: "application/json" },
        keepalive: true,
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const type = answer.headers.get("content-type") || "";
      if (answer.ok && type.startsWith("application/json")) {
        take(await answer.json(), batch);
        return null;
      }
      if (answer.status === 410) return forget();
      if (answer.redirected || answer.status === 401 || answer.status === 403) {
        return (await renew()) ? "" : counted("signedOut", queue.length);
      }
      if (answer.status < 500 && answer.status !== 408 && answer.status !== 429) {
        for (const { text } of batch) miss(fill(press.dataset.notTaken, { scan: text }));
        return null;
      }
    } catch {
      // No line, or no answer in time.
    }
    return counted("noAnswer", queue.length);
  }

  function take(answer, batch) {
    picked = answer.picked;
    if (field("picks").value !== answer.picks) {
      field("picks").value = answer.picks;
      const here = new URL(location.href);
      for (const name of ["did", "n", "tag"]) here.searchParams.delete(name);
      here.searchParams.set("picks", answer.picks);
      history.replaceState(null, "", here);
    }
    const had = new Set(field("had").value.split(" ").filter(Boolean));
    answer.results.forEach((result) => {
      const box = result.tag && boxOf(result.tag);
      if (result.state === "unknown" || result.state === "full") miss(result.words);
      else if (result.state === "removed") had.delete(result.tag);
      else {
        if (box) {
          had.add(result.tag);
          // A tick that was taken back meanwhile stays off; its own word is on the way.
          if (!queue.slice(batch.length).some((next) => next.op === "-" && next.text === result.tag)) box.checked = true;
        }
        last = result.state === "already" ? fill(press.dataset.already, { name: result.words }) : result.words;
        look(result.tag);
      }
      if (result.state === "full" && box) box.checked = false;
    });
    field("had").value = [...had].join(" ");
  }

  // The box keeps this page's list no more: what is ticked here begins a new one.
  function forget() {
    field("picks").value = "";
    field("had").value = "";
    if (picked > 0) miss(counted("gone", picked));
    picked = 0;
    queue.unshift(...boxes().filter((box) => box.checked).map((box) => ({ op: "+", text: box.value })));
    return "";
  }

  // Signed out, or signed in anew elsewhere: a fresh page has the word that the box wants with each form.
  async function renew() {
    const answer = await fetch("/staff/labels", { headers: { accept: "text/html" }, cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("#pick input[name=form]");
    if (fresh) field("form").value = fresh.value;
    return Boolean(fresh);
  }

  pick.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (isTag(field("q").value) && field("q").value !== field("shown_q").value && (!button || button.value === "find")) {
      event.preventDefault();
      add("+", field("q").value.trim());
      field("q").value = "";
    } else if (queue.length > 0) {
      // Nothing goes on before every scan is answered for.
      event.preventDefault();
      held = button;
      send();
    }
  });
  addEventListener("beforeunload", (event) => queue.length > 0 && event.preventDefault());
  // A page that comes back as it was left does not know what was picked since.
  addEventListener("pageshow", (event) => event.persisted && queue.length === 0 && location.reload());

  // A hand scanner types as a keyboard does, but faster, and ends with Enter or Tab. Wherever it types, a tag is picked.
  const FAST_MS = 40;
  const GAP_MS = 100;
  const IDLE_MS = 2000;
  const SCAN_CHARS = 6;
  const isTag = (text) => /^[\dA-Z]{9}$/i.test(text.trim().split(/[?#]/)[0].replace(/\/+$/, "").split("/").pop().replace(/[\s-]/g, ""));
  const typesInto = (target) =>
    target.matches && target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=file])") ? target : null;
  let burst = null;

  const note = (event, into) => {
    const gap = burst ? event.timeStamp - burst.last : Infinity;
    const fast = gap <= GAP_MS;
    // A blank presses what has the focus, unless a scanner types it.
    if (!into && event.key === " " && !fast) return;
    if (!burst || burst.into !== into || gap > (into ? GAP_MS : IDLE_MS)) {
      burst = { text: "", into, before: into ? into.value : "", first: event.timeStamp };
    } else if (!into && fast) {
      // No shortcut of the page or the browser.
      event.preventDefault();
    }
    burst.text += event.key;
    burst.last = event.timeStamp;
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const into = typesInto(event.target);
    // A list is what a scanner may fill as it likes.
    if (into && into.localName === "textarea") return;
    if (event.key.length === 1) return void note(event, into);
    if (event.key !== "Enter" && event.key !== "Tab") return;
    const typed = burst;
    burst = null;
    if (!typed || typed.into !== into || event.timeStamp - typed.last > IDLE_MS) return;
    const keys = typed.text.length;
    const scanned = keys >= SCAN_CHARS && event.timeStamp - typed.first <= keys * FAST_MS;
    if (!scanned && (into || event.key === "Tab" || !isTag(typed.text))) return;
    event.preventDefault();
    event.stopPropagation();
    if (into) {
      into.value = typed.before;
      into.dispatchEvent(new Event("change", { bubbles: true }));
    }
    add("+", typed.text.trim());
  }, true);

  // The label of the row in focus, or of what was scanned last.
  let shown = "";
  let wait = 0;
  let looked = "";
  const look = (tag) => {
    looked = tag;
    const asks = new URLSearchParams({ tag });
    for (const name of ["printer", "template", "until", "reason"]) {
      if (field(name) && field(name).value) asks.set(name, field(name).value);
    }
    if (field("numbers") && field("numbers").checked) asks.set("numbers", "1");
    if (asks.toString() === shown) return;
    shown = asks.toString();
    const asked = shown;
    clearTimeout(wait);
    wait = setTimeout(async () => {
      try {
        const answer = await fetch(`/staff/labels/preview?${asked}`, { headers: { accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("#preview");
        const old = document.querySelector("#preview");
        if (answer.ok && fresh && old && asked === shown) old.replaceWith(document.adoptNode(fresh));
      } catch {
        // No line: the picture that is shown stays.
      }
    }, 200);
  };

  const changed = (event) => {
    const target = event.target;
    if (target.name === "tag") add(target.checked ? "+" : "-", target.value);
    else if (looked || boxes().length > 0) look(looked || boxes()[0].value);
  };
  pick.addEventListener("focusin", (event) => event.target.name === "tag" && look(event.target.value));
  pick.addEventListener("change", changed);
  press.addEventListener("change", changed);
  press.addEventListener("input", tell);
})();

// Live parts: where the server has news, this page is fetched again and its parts that have an id are replaced.
// A page asks only while somebody sees it, and holds no connection: browsers open six to a host, and each scanned label
// opens a tab.
"use strict";
(() => {
  const PARTS = ".told, main section[id], main div[id]";
  const EVERY_S = 5;
  // After an answer that did not come.
  const PATIENCE_S = [15, 30, 60];
  let timer = 0;
  let failures = 0;
  let busy = false;
  let owed = false;

  const held = (part) => part.contains(document.activeElement) || part.querySelector("form :focus, [open]");
  const inner = (part) => part.parentElement && part.parentElement.closest(PARTS);

  function replace(fresh) {
    owed = false;
    for (const part of document.querySelectorAll(PARTS)) {
      if (!part.isConnected || inner(part)) continue;
      const other = part.id ? fresh.getElementById(part.id) : fresh.querySelector(".told");
      if (!other || part.outerHTML === other.outerHTML) continue;
      if (held(part)) owed = true;
      else part.replaceWith(document.adoptNode(other));
    }
    // Where there is no more to come, the server names no address to ask at.
    for (const name of ["live", "every"]) {
      const value = fresh.body.dataset[name];
      if (value) document.body.dataset[name] = value;
      else delete document.body.dataset[name];
    }
  }

  async function renew() {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
    if (answer.redirected || answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error(answer.statusText);
    replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }

  // Whether there is news; a page that somebody looks at again does not ask first.
  async function hasNews() {
    const answer = await fetch(document.body.dataset.live, { headers: { accept: "application/json" }, cache: "no-store" });
    if (answer.status === 401) return true;
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.status !== 204;
  }

  async function look(isSeenAgain) {
    clearTimeout(timer);
    if (busy || document.hidden) return;
    busy = true;
    try {
      if (isSeenAgain || (await hasNews())) await renew();
      failures = 0;
    } catch {
      // No line: what is shown stays, with the time that it says.
      failures += 1;
    } finally {
      busy = false;
    }
    wait();
  }

  function wait() {
    clearTimeout(timer);
    if (document.hidden || !document.body.dataset.live) return;
    const every = Number(document.body.dataset.every) || EVERY_S;
    const pause = failures ? Math.max(every, PATIENCE_S[Math.min(failures, PATIENCE_S.length) - 1]) : every;
    // Pages that were opened together do not ask together for ever.
    timer = setTimeout(look, pause * (800 + 400 * Math.random()), false);
  }

  const hush = () => clearTimeout(timer);
  document.addEventListener("visibilitychange", () => (document.hidden ? hush() : look(true)));
  document.addEventListener("focusout", () => owed && setTimeout(look, 0, true));
  document.addEventListener("freeze", hush);
  document.addEventListener("resume", () => look(true));
  addEventListener("pagehide", hush);
  addEventListener("pageshow", (event) => event.persisted && look(true));
  wait();
})();

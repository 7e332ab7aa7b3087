// Live parts: at each word from the server this page is fetched again and its parts that have an id are replaced.
// Only a page that somebody sees listens: browsers open six connections to a host, and each scanned label opens a tab.
"use strict";
(() => {
  if (!window.EventSource) return;
  const PARTS = ".told, main section[id], main div[id]";
  const MINUTE_MS = 60000;
  let source = null;
  let later = 0;
  let busy = false;
  let again = false;

  const held = (part) => part.contains(document.activeElement) || part.querySelector("form :focus, [open]");
  const inner = (part) => part.parentElement && part.parentElement.closest(PARTS);

  function replace(fresh) {
    for (const part of document.querySelectorAll(PARTS)) {
      if (!part.isConnected || inner(part) || held(part)) continue;
      const other = part.id ? fresh.getElementById(part.id) : fresh.querySelector(".told");
      if (!other || part.outerHTML === other.outerHTML) continue;
      part.replaceWith(document.adoptNode(other));
    }
    // Where there is no more to come, the server names no address to listen at.
    const live = fresh.body.dataset.live;
    if (live) document.body.dataset.live = live;
    else delete document.body.dataset.live;
  }

  async function refresh() {
    again = busy;
    if (busy || document.hidden) return;
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
      if (answer.redirected || answer.status === 401) return location.reload();
      if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // No line: what is shown stays, with the time that it says.
    } finally {
      busy = false;
      if (again) setTimeout(refresh, 1000);
    }
    listen();
  }

  function hush() {
    clearTimeout(later);
    if (source) source.close();
    source = null;
  }

  function listen() {
    const url = document.body.dataset.live;
    if (document.hidden || !url) return hush();
    if (source && source.readyState !== EventSource.CLOSED) return;
    hush();
    source = new EventSource(url);
    source.onmessage = refresh;
    source.onerror = () => {
      // Refused, as when too many listen: the page is renewed now and then all the same, and tries again.
      if (source && source.readyState === EventSource.CLOSED) later = setTimeout(refresh, MINUTE_MS);
    };
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? hush() : refresh()));
  document.addEventListener("freeze", hush);
  document.addEventListener("resume", refresh);
  addEventListener("pagehide", hush);
  addEventListener("pageshow", (event) => event.persisted && refresh());
  listen();
})();

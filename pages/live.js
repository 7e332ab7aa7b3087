// Live parts: at each word from the server this page is fetched again and its parts that have an id are replaced.
"use strict";
(() => {
  const url = document.body.dataset.live;
  if (!url || !window.EventSource) return;
  const PARTS = ".told, main section[id], main div[id]";
  const MINUTE_MS = 60000;
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
  }

  async function refresh() {
    again = busy || document.hidden;
    if (again) return;
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
  }

  const source = new EventSource(url);
  source.onmessage = refresh;
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) setInterval(refresh, MINUTE_MS);
  };
  document.addEventListener("visibilitychange", () => again && refresh());
  addEventListener("pagehide", () => source.close());
})();

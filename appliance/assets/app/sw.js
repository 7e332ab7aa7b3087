// Keeps the installed page and what it is made of, so that a label that is scanned in a dead spot opens it.
"use strict";
const CACHE = "cleantrack-@BUILD@";
const SHELL = "/app";
const FILES = [SHELL, ...JSON.parse('@FILES@')];
const ANSWER_MS = 2000;

const isPage = (path) => path === "/" || path === "/app" || path.startsWith("/app/") || path === "/t" || path.startsWith("/t/") || /^\/[0-9A-Za-z]{9}$/.test(path);

async function keepShell() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })));
}

// The box's own page, where it answers; else the page that is here.
async function answerPage(request) {
  const shell = async () => (await caches.open(CACHE)).match(SHELL);
  const answer = fetch(request);
  const silence = new Promise((done) => setTimeout(done, ANSWER_MS));
  try {
    const first = await Promise.race([answer, silence]);
    // The page as it is now, such as in another language.
    if (first && first.ok && new URL(request.url).pathname === SHELL) await (await caches.open(CACHE)).put(SHELL, first.clone());
    return first || (await shell()) || (await answer);
  } catch (error) {
    const kept = await shell();
    if (kept) return kept;
    throw error;
  }
}

// What the page needs only now and then, such as the reader of labels, is kept when it was needed once.
const isFile = (path) => path !== SHELL && path !== "/app/queue" && (FILES.includes(path) || path.startsWith("/app/"));

async function answerFile(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

addEventListener("install", (event) => event.waitUntil(keepShell().then(() => skipWaiting())));
addEventListener("activate", (event) => {
  const clean = async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith("cleantrack-") && name !== CACHE);
    await Promise.all(names.map((name) => caches.delete(name)));
    await clients.claim();
  };
  event.waitUntil(clean());
});
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && isPage(url.pathname)) event.respondWith(answerPage(request));
  else if (request.mode !== "navigate" && isFile(url.pathname)) event.respondWith(answerFile(request));
});

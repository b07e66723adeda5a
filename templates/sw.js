{% load static %}{% comment %}The service worker. It changes nothing while the network answers: it only keeps a copy of lessons that were opened, with what they need, and shows the copy when the network is away.{% endcomment %}const KEPT = "lessons";
const FRAME = "frame";
const PIECES = "pieces";
const MOST_KEPT = 400;
const OFFLINE = "{% url "offline" %}";
const ASSETS = [
  OFFLINE,
  "{% static "css/tokens.css" %}",
  "{% static "css/base.css" %}",
  "{% static "css/components.css" %}",
  "{% static "css/learning.css" %}",
  "{% static "css/pages.css" %}",
  "{% static "css/illustrations.css" %}",
  "{% static "js/site.js" %}",
  "{% static "js/offline.js" %}",
  "{% static "vendor/htmx.min.js" %}",
  "{% static "fonts/text.woff2" %}",
  "{% static "fonts/text-italic.woff2" %}",
  "{% static "fonts/display.woff2" %}",
];
// A course's outline and its lessons; quizzes, accounts and submissions are never kept.
const LESSON = /^\/courses\/[^/]+\/([^/]+\/)?$/;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(FRAME).then((cache) => cache.addAll(ASSETS.map((address) => new Request(address, { credentials: "omit" })))).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldFrame().then(() => self.clients.claim()));
});

async function forgetOldFrame() {
  const cache = await caches.open(FRAME);
  const current = new Set(ASSETS.map((address) => new URL(address, self.location).href));
  for (const request of await cache.keys()) {
    if (!current.has(request.url)) await cache.delete(request);
  }
}

// The figures of a lesson are kept with it: those further down the page have not been asked for yet.
async function keepFigures(html) {
  const cache = await caches.open(PIECES);
  for (const [, address] of html.matchAll(/src="(\/figures\/[^"]+)"/g)) {
    // A figure that cannot be had now does not keep its lesson from being kept.
    if (!(await cache.match(address))) await cache.add(address).catch(() => undefined);
  }
}

async function keep(name, request, answer) {
  if (name === KEPT) await keepFigures(await answer.clone().text());
  const cache = await caches.open(name);
  await cache.put(request, answer);
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST_KEPT)).map((key) => cache.delete(key)));
}

// A page that is a copy says so itself: a browser may think that it is online while the site is away.
async function named(copy) {
  const html = (await copy.text()).replace("<body ", "<body data-copy ");
  return new Response(html, { headers: copy.headers });
}

async function answerFor(event, kept) {
  const { request } = event;
  try {
    const answer = await fetch(request);
    if (kept && answer.ok && !answer.redirected) event.waitUntil(keep(kept, request, answer.clone()));
    return answer;
  } catch (fault) {
    const copy = await caches.match(request, { ignoreVary: true });
    if (copy) return request.mode === "navigate" ? named(copy) : copy;
    if (request.mode === "navigate") return caches.match(OFFLINE, { ignoreVary: true });
    throw fault;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(answerFor(event, LESSON.test(address.pathname) && !address.search ? KEPT : null));
  } else if (["style", "script", "font", "image"].includes(request.destination) || address.pathname.startsWith("/figures/")) {
    event.respondWith(answerFor(event, PIECES));
  }
});

// What every page has: the theme button, menus that close, focus on what just happened.
// Everything here is a comfort; each page works without it.

const root = document.documentElement;
const darkSystem = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : darkSystem.matches;
}

// A page that was kept for reading offline was written before the latest choice.
const chosen = document.cookie.match(/(?:^|; )theme=(light|dark)/)?.[1];
if (chosen) root.dataset.theme = chosen;

function showTheme() {
  for (const button of document.querySelectorAll("[data-theme-button]")) {
    button.setAttribute("aria-pressed", String(isDark()));
  }
}

function chooseTheme(theme) {
  root.dataset.theme = theme;
  // The server writes the choice into <html>, so that no page flashes in the other theme first.
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  showTheme();
  document.dispatchEvent(new CustomEvent("themechange", { detail: { dark: isDark() } }));
}

for (const button of document.querySelectorAll("[data-theme-button]")) {
  button.addEventListener("click", () => chooseTheme(isDark() ? "light" : "dark"));
}
darkSystem.addEventListener("change", showTheme);
showTheme();

// Times are shown in the zone of this device, unless the profile says otherwise.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`time_zone=${zone}`)) {
  document.cookie = `time_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A page, or a piece of one brought by htmx, marks what the reader should meet first.
function focusNews(within) {
  const news = within.querySelector?.("[data-focus]") ?? document.querySelector("[data-focus]");
  if (!news) return;
  if (!news.hasAttribute("tabindex")) news.setAttribute("tabindex", "-1");
  news.focus({ preventScroll: false });
  news.removeAttribute("data-focus");
}
focusNews(document);
document.addEventListener("htmx:afterSettle", (event) => focusNews(event.target));

// allauth's passkey script tells of a refusal only on the console; say it to the person.
document.addEventListener("allauth.error", (event) => {
  const alert = document.querySelector("[data-passkey-error]");
  if (!alert) return;
  event.preventDefault();
  alert.hidden = false;
});

// Copies of opened lessons show the menu of whoever opened them: they go when somebody else is here.
const { person } = document.body.dataset;
if (person !== undefined && localStorage.getItem("person") !== person) {
  if (window.caches) caches.delete("lessons");
  localStorage.setItem("person", person);
}
navigator.serviceWorker?.register("/sw.js");

// The service worker marks a page that it had to take from its copies.
const note = document.querySelector("[data-offline-note]");
function sayConnection() {
  const away = !navigator.onLine || "copy" in document.body.dataset;
  note.textContent = away ? note.dataset.offlineNote : "";
}
addEventListener("online", () => {
  delete document.body.dataset.copy;
  sayConnection();
});
addEventListener("offline", sayConnection);
sayConnection();

// Shortcuts of one key each. They can be switched off (WCAG 2.1.4) in the list that "?" and the
// foot of the page open; they rest while one types.
const shortcuts = document.querySelector("#shortcuts");
const shortcutSwitch = document.querySelector("[data-shortcuts-switch]");
shortcutSwitch.checked = localStorage.getItem("shortcuts") !== "off";
shortcutSwitch.addEventListener("change", () => {
  localStorage.setItem("shortcuts", shortcutSwitch.checked ? "on" : "off");
});
for (const button of document.querySelectorAll("[data-open-shortcuts]")) {
  button.addEventListener("click", () => shortcuts.showModal());
}

const actions = {
  n: () => document.querySelector("a[rel=next]")?.click(),
  p: () => document.querySelector("a[rel=prev]")?.click(),
  "/": () => {
    const search = [...document.querySelectorAll("main input[type=search], .find input")].find((one) => one.checkVisibility());
    if (search) search.focus();
    else document.querySelector("[data-search-page]")?.click();
  },
  "?": () => shortcuts.showModal(),
};
document.addEventListener("keydown", (event) => {
  if (!shortcutSwitch.checked || event.ctrlKey || event.metaKey || event.altKey || shortcuts.open) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// Interactive figures: a renderer's default export takes the figure's element and its data.
for (const figure of document.querySelectorAll("figure.interactive[data-renderer]")) {
  Promise.all([
    import(`./figures/${figure.dataset.renderer}.js`),
    fetch(figure.dataset.src).then((answer) => answer.json()),
  ]).then(([module, data]) => module.default(figure, data));
}

// Order questions are sorted by buttons or by dragging.
function sortable() {
  if (document.querySelector("ol[data-order]:not([data-ready])")) {
    import("./order.js").then((module) => module.default());
  }
}
sortable();
document.addEventListener("htmx:afterSettle", sortable);

// Where nothing is hidden there is nothing to scroll: the keyboard need not stop there.
const sizes = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (!target.clientWidth || target === document.activeElement) continue; // in a closed part of the page
    if (target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
function watchSizes() {
  for (const box of document.querySelectorAll(".prose :is(pre, .scroll-x, .math-block, .choices--code)[tabindex='0']")) sizes.observe(box);
}
watchSizes();
document.addEventListener("htmx:afterSettle", watchSizes);

// The table of contents shows where one is.
const entries = new Map();
for (const link of document.querySelectorAll(".toc a[href^='#']")) {
  const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (heading) entries.set(heading, link);
}
if (entries.size) {
  const place = () => {
    let current = null;
    for (const [heading, link] of entries) {
      if (!current || heading.getBoundingClientRect().top < innerHeight / 3) current = link;
      link.classList.remove("is-current");
    }
    current.classList.add("is-current");
  };
  addEventListener("scroll", place, { passive: true });
  place();
}

// How long the rest of a lesson takes: its minutes, by the share of the text that is still below.
const left = document.querySelector("[data-minutes]");
const prose = document.querySelector("article .prose:not(.opening)");
if (left && prose) {
  const tell = () => {
    const { bottom, height } = prose.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (bottom - innerHeight) / height));
    const minutes = Math.ceil(share * left.dataset.minutes);
    if (scrollY > 0) left.textContent = minutes ? left.dataset.left.replace("{}", minutes) : left.dataset.read;
  };
  addEventListener("scroll", tell, { passive: true });
  tell();
}

// Share: by the device's own menu where it has one, else by the clipboard.
for (const button of document.querySelectorAll("[data-share]")) {
  button.addEventListener("click", async () => {
    const { share: url, done } = button.dataset;
    if (navigator.share) await navigator.share({ url, title: document.title }).catch(() => {});
    else await navigator.clipboard.writeText(url).then(() => { button.textContent = done; });
  });
}

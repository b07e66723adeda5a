// What every page has: the theme button, menus that close, focus on what just happened.
// Everything here is a comfort; each page works without it.

const root = document.documentElement;
const darkSystem = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : darkSystem.matches;
}

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

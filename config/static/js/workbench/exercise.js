// The page of an exercise as it opens: its notebook is a form that one can type in. What makes a
// notebook of it is loaded when one comes near, or when it has something to show that goes on.

import { hasCopies, whenWanted } from "./wanted.js";

const NEAR = "400px";
const UNFINISHED = new Set(["queued", "running"]);

const root = document.querySelector("[data-workbench]");
const { run, submission } = JSON.parse(document.querySelector("#workbench-facts").textContent);

// Without this module the form sends itself. With it the buttons are those of the bar, and wait.
root.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
for (const hidden of root.querySelectorAll("[data-with-script]")) hidden.hidden = false;
for (const box of root.querySelectorAll("[data-without-script]")) box.hidden = true;

const load = (tries) => (tries ? import(`./page.js?${tries}`) : import("./page.js"));
const open = whenWanted([root], load, (sentence) => {
  root.querySelector("[data-part=said]").textContent = sentence;
});
if (submission || UNFINISHED.has(run?.state) || hasCopies()) {
  open();
} else {
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    watcher.disconnect();
    open();
  }, { rootMargin: NEAR });
  watcher.observe(root);
}

// Waits with loading what acts on a part of the page until somebody comes to it. The part's markup is
// there from the start; what is pressed before the rest has arrived is done once it has.

import { announce, say } from "./words.js";

const isShortcut = ({ key, shiftKey, ctrlKey, metaKey }) =>
  (key === "Enter" && (shiftKey || ctrlKey || metaKey)) || (key === "s" && (ctrlKey || metaKey));

// What a closed page left on this device, of whomever: to be shown again, or removed.
export const hasCopies = () => Object.keys(localStorage).some((key) => key.startsWith("draft:"));

export const isTyped = (textarea) => textarea.value !== textarea.defaultValue;

// Where an input method is composing a word, since before anybody asked: it is lost with its text area.
const composing = new WeakSet();
addEventListener("compositionstart", ({ target }) => composing.add(target), { capture: true });
addEventListener("compositionend", ({ target }) => composing.delete(target), { capture: true });

export function composed(textarea) {
  return new Promise((done) => {
    if (composing.has(textarea)) textarea.addEventListener("compositionend", () => done(), { once: true });
    else done();
  });
}

// `load(tries)` returns the promise of a module; `tell(sentence, box)` says that it could not be had.
// Returns the function that loads it now; afterwards it does nothing. A browser remembers for as long as
// the page is open that an import failed: after each of the `tries` that did, the address is another one.
export function whenWanted(boxes, load, tell) {
  const waiting = new AbortController();
  const { signal } = waiting;
  let loading;
  let tries = 0;
  const open = () => {
    loading ??= load(tries).then(() => waiting.abort(), (fault) => {
      loading = undefined; // no connection: whoever comes next asks again
      tries += 1;
      throw fault;
    });
    return loading;
  };
  const openQuietly = () => { open().catch(() => {}); };
  const pressed = new Set(); // what is pressed again because nothing happens is meant once
  for (const box of boxes) {
    const afterwards = (event, place, repeat) => {
      event.preventDefault();
      event.stopPropagation();
      if (pressed.has(place)) return;
      pressed.add(place);
      open().then(repeat, () => {
        tell(say("offlineAction"), box);
        announce(say("offlineAction"));
      }).finally(() => pressed.delete(place));
    };
    for (const kind of ["pointerover", "focusin", "input"]) box.addEventListener(kind, openQuietly, { signal });
    box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-action]");
      if (button) afterwards(event, button, () => button.click());
    }, { signal, capture: true });
    box.addEventListener("keydown", (event) => {
      const { target } = event;
      if (!target.matches("textarea") || !isShortcut(event)) return;
      afterwards(event, target, () => target.dispatchEvent(new KeyboardEvent("keydown", event)));
    }, { signal, capture: true });
  }
  addEventListener("beforeunload", (event) => {
    if (boxes.some((box) => [...box.querySelectorAll("textarea")].some(isTyped))) event.preventDefault();
  }, { signal });
  return openQuietly;
}

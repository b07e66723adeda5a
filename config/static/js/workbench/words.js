// The words of the interface, translated by the server into data attributes of one element.

const source = document.querySelector("[data-workbench-words]");
export const language = document.documentElement.lang || "en";

export function say(key, values = {}) {
  return source.dataset[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayAndClock = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

export function sayTime(date) {
  return (date.toDateString() === new Date().toDateString() ? clock : dayAndClock).format(date);
}

export function saySeconds(seconds) {
  const digits = seconds < 0.095 ? 2 : seconds < 9.95 ? 1 : 0;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return say("seconds", { seconds: new Intl.NumberFormat(language, format).format(Math.max(seconds, 0.01)) });
}

// What a screen reader is told; the text is set anew even when it is the same sentence again.
const announcer = document.querySelector("[data-announcer]");

export function announce(sentence) {
  announcer.textContent = "";
  setTimeout(() => { announcer.textContent = sentence; }, 50);
}

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// What a cell gave out: text, tables, pictures, an error. The server has bounded and cleaned it; here
// HTML is built anew from the few elements that a table needs, so that nothing else can come through.

import { element, say } from "./words.js";

const MOST_CHARACTERS = 200_000;
const TAGS = new Set([
  "TABLE", "CAPTION", "COLGROUP", "COL", "THEAD", "TBODY", "TFOOT", "TR", "TH", "TD", "DIV", "P", "SPAN", "BR", "HR",
  "B", "STRONG", "I", "EM", "CODE", "PRE", "SUB", "SUP", "UL", "OL", "LI", "DL", "DT", "DD", "H1", "H2", "H3", "H4",
]);
const ATTRIBUTES = ["colspan", "rowspan", "scope"];
const PICTURE = /^data:image\/(?:png|jpeg|svg\+xml);base64,[A-Za-z0-9+/=]+$/;

function copyOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(node.data)];
  if (node.nodeType !== Node.ELEMENT_NODE || ["SCRIPT", "STYLE"].includes(node.tagName)) return [];
  const children = [...node.childNodes].flatMap(copyOf);
  if (!TAGS.has(node.tagName)) return children;
  const copy = document.createElement(node.tagName);
  for (const name of ATTRIBUTES) {
    if (node.hasAttribute(name)) copy.setAttribute(name, node.getAttribute(name));
  }
  copy.append(...children);
  return [copy];
}

export function cleanHtml(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  return [...body.childNodes].flatMap(copyOf);
}

function pictureOf({ src, alt, width, height }) {
  const address = new URL(src, location.href);
  if (!PICTURE.test(src) && address.origin !== location.origin) return element("p", {}, say("outputUnsafe"));
  return element("img", { src, alt: alt || say("plot"), width, height, decoding: "async" });
}

function scrolling(...children) {
  return element("div", { class: "scroll-x", tabindex: "0", role: "region", "aria-label": say("output") }, ...children);
}

function errorOf({ name, message, line, traceback }) {
  const where = line ? `${say("line", { line })} · ` : "";
  const box = element("div", { class: "output output--error" }, element(
    "p", {}, element("span", { class: "output__where" }, where), element("strong", {}, name), message ? `: ${message}` : "",
  ));
  if (traceback) {
    box.append(element("details", {}, element("summary", {}, say("traceback")), element("pre", { tabindex: "0" }, traceback)));
  }
  return box;
}

const MAKERS = {
  stream: ({ name, text }) => element("pre", { class: `output output--${name}`, tabindex: "0", "data-stream": name }, text),
  text: ({ text }) => element("pre", { class: "output output--result", tabindex: "0" }, text),
  html: ({ html }) => element("div", { class: "output output--html" }, scrolling(...cleanHtml(html))),
  image: (output) => element("div", { class: "output output--image" }, pictureOf(output)),
  error: errorOf,
  note: ({ text }) => element("p", { class: "output output--note" }, text),
};

// A stream goes on in the element that it began in, as a terminal does.
export function addOutput(box, output) {
  const last = box.lastElementChild;
  if (output.type === "stream" && last?.dataset.stream === output.name) {
    const room = MOST_CHARACTERS - last.textContent.length;
    last.append(output.text.slice(0, Math.max(0, room)));
    return;
  }
  const make = MAKERS[output.type];
  if (make) box.append(make(output));
}

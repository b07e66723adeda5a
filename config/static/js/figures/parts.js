// What all interactive figures are made of. Words come from the figure's data, so that a translation
// of the lesson translates its figures too.

const SVG = "http://www.w3.org/2000/svg";
const MINUS = "−";

let figures = 0;

// An id that no other figure of the page has.
export const newId = (name) => `${name}-${(figures += 1)}`;

export function svg(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

export function html(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// The picture itself: as wide as its place, but no wider than can be read.
export function canvas(width, height, maxWidth) {
  const picture = svg("svg", { width: "100%", role: "img" });
  resize(picture, width, height);
  picture.style.maxWidth = maxWidth;
  return picture;
}

export const resize = (picture, width, height) => picture.setAttribute("viewBox", `0 0 ${width} ${height}`);

// A function that writes into a picture or a group of it, with a rim in the colour of the ground.
const RIM = { stroke: "var(--surface)", "stroke-width": 4, "stroke-linejoin": "round", "paint-order": "stroke", "pointer-events": "none" };
export const writer = (target) => (attributes, words) =>
  target.append(svg("text", { "font-size": 16, fill: "var(--ink)", ...RIM, ...attributes }, words));

// A choice with its label; `changed` is called with the number of the option.
export function choice(id, label, options, changed) {
  const select = html("select", { id }, ...options.map((option, k) => html("option", { value: k }, option)));
  select.addEventListener("change", () => changed(Number(select.value)));
  return { select, box: html("div", {}, html("label", { for: id }, label), select) };
}

// A slider over a whole range; with its label and the value that it stands at; `changed` is
// called while it moves, `ended` when it rests.
export function range(id, label, { low, high, step }, changed, ended) {
  const shown = html("strong", { "aria-hidden": "true" }); // the slider itself says its value
  const input = html("input", { type: "range", id, min: low, max: high, step });
  input.addEventListener("input", () => changed(Number(input.value)));
  input.addEventListener("change", ended);
  const put = (value, words) => {
    input.value = value;
    input.setAttribute("aria-valuetext", words);
    shown.textContent = words;
  };
  return { put, box: html("div", {}, html("label", { for: id }, `${label} `), shown, input) };
}

// A slider over the numbers of a list.
export const slider = (id, label, count, changed) => range(id, label, { low: 0, high: count - 1, step: 1 }, changed);

// A tick, followed by its words.
export function tick(id, label, changed) {
  const box = html("input", { type: "checkbox", id });
  box.addEventListener("change", () => changed(box.checked));
  return { box, line: html("div", {}, box, html("label", { for: id }, ` ${label}`)) };
}

// A vertical line, not through words.
export function hairline(picture, at, from, to, words, attributes = {}) {
  const met = words.filter(({ x, width }) => x - 4 < at && at < x + width + 4).sort((one, other) => one.y - other.y);
  let top = from;
  for (const { y, height } of [...met, { y: to }]) {
    const end = Math.min(y, to);
    if (end > top + 2) picture.prepend(svg("line", { x1: at, x2: at, y1: top, y2: end, stroke: "var(--ink-soft)", ...attributes }));
    top = Math.max(top, y + height);
  }
}

// What the figure says in words: read out when it changes, and the picture's text.
export function sentence(picture) {
  const said = html("p", { role: "status" });
  return {
    said,
    say: (words, before = "") => {
      picture.append(...picture.querySelectorAll("text")); // on top, so that no line runs through a label
      said.textContent = words;
      picture.setAttribute("aria-label", `${before}${words}`);
    },
  };
}

// A wide picture is scrolled inside its frame on a phone.
export function scrolled(figure, picture, least) {
  picture.style.minWidth = least;
  const name = figure.querySelector(".interactive-summary").textContent;
  return html("div", { class: "scroll-x", tabindex: 0, role: "group", "aria-label": name }, picture);
}

// Controls and picture on one screen, beside each other where there is room.
export const stage = (controls, ...picture) =>
  html("div", { class: "stage" }, controls, html("div", { class: "stage-picture" }, ...picture));

// Controls, whatever they are, one below the other beside the picture.
export const panel = (...controls) => html("div", { class: "controls" }, ...controls);

// The table stays below, for those who do not see the picture; the still picture makes room.
export function show(figure, ...parts) {
  figure.classList.add("is-live");
  figure.querySelector(".still")?.remove();
  figure.querySelector("details").before(...parts);
}

export const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, key) => values[key]);
export const numbers = (text) => text.split(" ").map(Number);
export const joined = (words) => words.replace(/(\d) %/g, "$1\u00a0%");
export const percent = (share) => joined(`${Math.round(100 * share)} %`);
// Base value, contributions and total in whole parts (1000: tenths of a per cent), rounded so that they add up as written.
// Each is at most one part from its value; one that is nothing stays 0, and none changes its sign.
const NOTHING = 1e-6;
export function addingUp(base, shares, parts) {
  const first = Math.round(parts * base);
  const total = Math.round(parts * (base + shares.reduce((sum, share) => sum + share, 0)));
  const steps = shares.map((share) => Math.round(parts * share));
  let left = total - first - steps.reduce((sum, step) => sum + step, 0);
  while (left) {
    const sign = Math.sign(left);
    const errors = shares.map((share, j) => (Math.abs(parts * share) > NOTHING ? sign * (parts * share - steps[j]) : -Infinity));
    steps[errors.indexOf(Math.max(...errors))] += sign;
    left -= sign;
  }
  return { first, steps, total };
}

export const plain = (number, digits = 2) => `${number < 0 ? MINUS : ""}${Math.abs(number).toFixed(digits)}`;
export const signed = (number, digits = 2) => `${number < 0 ? MINUS : "+"}${Math.abs(number).toFixed(digits)}`;

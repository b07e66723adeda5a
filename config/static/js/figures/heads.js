// The attention of any head of a real encoder on a sentence, and how much of what arrives comes from each token.
//
// data: {layers, heads, unit, sentences: [{tokens, patterns: base64 of bytes (layer, head, reader, token) in 1/unit,
//        arriving: base64 of bytes (layer, reader, token)}], words: {sentence, layer, head, reader, arrives, sum}}

import { draggable, handle } from "./drag.js";
import { canvas, choice, fill, html, newId, percent, resize, scrolled, sentence, show, slider, stage, svg, writer } from "./parts.js";

const WIDTH = 640;
const LEFT = 84;
const CELL = 28;
const TOP = 74;
const BARS = 84;

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export default function heads(figure, data) {
  const id = newId("heads");
  const { sentences, words, unit } = data;
  const read = sentences.map((one) => ({ ...one, patterns: bytes(one.patterns), arriving: bytes(one.arriving) }));
  const state = { sentence: 0, layer: 0, head: 2, reader: 2 };
  const put = (name) => (value) => {
    state[name] = value;
    draw();
  };
  const text = choice(`${id}-sentence`, words.sentence, read.map((one) => one.tokens.slice(1, -1).join(" ")), put("sentence"));
  const layer = slider(`${id}-layer`, words.layer, data.layers, put("layer"));
  const head = slider(`${id}-head`, words.head, data.heads, put("head"));
  const reader = choice(`${id}-reader`, words.reader, read[0].tokens, put("reader"));
  const picture = canvas(WIDTH, TOP, "44rem");
  const { said, say } = sentence(picture);
  draggable(picture, ({ y }) => {
    const last = read[state.sentence].tokens.length - 1;
    const row = (at) => Math.floor((at - TOP) / CELL);
    if (row(y) < 0 || row(y) > last) return null;
    return (to) => put("reader")(Math.min(Math.max(row(to.y), 0), last));
  });

  function draw() {
    const { tokens, patterns, arriving } = read[state.sentence];
    const count = tokens.length;
    state.reader = Math.min(state.reader, count - 1);
    const weight = (from, to) => patterns[((state.layer * data.heads + state.head) * count + from) * count + to] / unit;
    const share = (to) => arriving[(state.layer * count + state.reader) * count + to] / unit;
    const column = (WIDTH - LEFT - 30) / count;
    const floor = TOP + CELL * count;
    reader.select.replaceChildren(...tokens.map((token, value) => html("option", { value }, token)));
    reader.select.value = String(state.reader);
    layer.put(state.layer, String(state.layer));
    head.put(state.head, String(state.head));
    picture.replaceChildren();
    resize(picture, WIDTH, floor + BARS + 20);
    const place = writer(picture);
    const labels = [];
    const write = (where, words) => labels.push([where, words]);
    tokens.forEach((token, at) => {
      const x = LEFT + column * (at + 0.5);
      write({ x, y: TOP - 10, "font-size": 14, transform: `rotate(-40 ${x} ${TOP - 10})` }, token);
      write({ x: LEFT - 8, y: TOP + CELL * (at + 0.5) + 5, "font-size": 14, "text-anchor": "end",
        "font-weight": at === state.reader ? 700 : 400 }, token);
      tokens.forEach((_, to) => {
        picture.append(svg("rect", {
          x: LEFT + column * to + 1, y: TOP + CELL * at + 1, width: column - 2, height: CELL - 2, fill: "var(--negative)",
          "fill-opacity": weight(at, to) * (at === state.reader ? 0.9 : 0.5),
        }));
      });
      const length = share(at) * (BARS - 30);
      picture.append(svg("rect", {
        x: LEFT + column * (at + 0.25), width: column * 0.5, y: floor + BARS - length, height: Math.max(length, 1),
        fill: "var(--positive)",
      }));
      write({ x, y: floor + BARS - length - 4, "font-size": 12, "text-anchor": "middle" }, percent(share(at)));
    });
    picture.append(svg("rect", {
      x: LEFT, y: TOP + CELL * state.reader, width: column * count, height: CELL, fill: "none", stroke: "var(--ink)",
      "stroke-width": 2,
    }), handle(LEFT + column * count, TOP + CELL * (state.reader + 0.5), "y"));
    write({ x: LEFT - 8, y: floor + BARS, "font-size": 14, "text-anchor": "end" }, words.arrives);
    labels.forEach(([where, words]) => place(where, words));
    const row = tokens.map((_, to) => weight(state.reader, to));
    const most = row.indexOf(Math.max(...row));
    say(fill(words.sum, {
      layer: state.layer, head: state.head, reader: tokens[state.reader], most: tokens[most],
      weight: percent(row[most]), share: percent(share(most)),
    }));
  }

  const controls = html("div", { class: "controls" }, text.box, layer.box, head.box, reader.box);
  show(figure, stage(controls, scrolled(figure, picture, "34rem"), said));
  draw();
}

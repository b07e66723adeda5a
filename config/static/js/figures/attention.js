// The attention of a small transformer: choose a review, a head and the position that reads, and compare
// what is read with its contribution to the answer and with the effect of replacing each word.
//
// data: {reviews: [{tokens, heads: [[[weight]]], contributions: [[number]], effects: [number or null], answer}],
//        words: {review, head, heads: [label], reader, contribution, effect, sum, brought, idle}}

import { draggable, handle } from "./drag.js";
import { canvas, choice, fill, html, newId, panel, percent, resize, scrolled, sentence, show, signed, stage, svg, writer } from "./parts.js";

const WIDTH = 640;
const LEFT = 74;
const CELL = 30;
const TOP = 66;
const BARS = 84; // room for a row of bars below the matrix

export default function attention(figure, data) {
  const id = newId("attention");
  const { reviews, words } = data;
  const state = { review: 0, head: 0, reader: 0 };
  const largest = Math.max(
    ...reviews.flatMap((one) => [...one.effects, ...one.contributions.flat()].map((value) => Math.abs(value ?? 0))));
  const choose = (name, options) =>
    choice(`${id}-${name}`, words[name], options, (value) => {
      state[name] = value;
      draw();
    });
  const review = choose("review", reviews.map((one) => one.tokens.slice(1).join(" ")));
  const head = choose("head", words.heads);
  const reader = choose("reader", reviews[0].tokens);
  const picture = canvas(WIDTH, TOP, "44rem");
  const { said, say } = sentence(picture);
  draggable(picture, ({ y }) => {
    const last = reviews[state.review].tokens.length - 1;
    const row = (at) => Math.floor((at - TOP) / CELL);
    if (row(y) < 0 || row(y) > last) return null;
    return (to) => {
      state.reader = Math.min(Math.max(row(to.y), 0), last);
      draw();
    };
  });

  function draw() {
    const { tokens, heads, effects, answer } = reviews[state.review];
    const weights = heads[state.head];
    const contributions = reviews[state.review].contributions[state.head];
    const column = (WIDTH - LEFT - 26) / tokens.length; // the last slanted word leans out
    const floor = TOP + CELL * tokens.length;
    reader.select.replaceChildren(...tokens.map((token, value) => html("option", { value }, token)));
    reader.select.value = String(state.reader);
    picture.replaceChildren();
    resize(picture, WIDTH, floor + 2 * BARS + 44);
    const write = writer(picture);
    const text = (attributes, content) => write({ "font-size": 14, ...attributes }, content);

    tokens.forEach((token, at) => {
      const x = LEFT + column * (at + 0.5);
      text({ x, y: TOP - 12, "text-anchor": "start", transform: `rotate(-40 ${x} ${TOP - 12})` }, token);
      text({ x: LEFT - 8, y: TOP + CELL * (at + 0.5) + 5, "text-anchor": "end",
        "font-weight": at === state.reader ? 700 : 400 }, token);
    });
    weights.forEach((row, from) => {
      const chosen = from === state.reader;
      row.forEach((weight, to) => {
        const [x, y] = [LEFT + column * to, TOP + CELL * from];
        picture.append(svg("rect", {
          x: x + 1, y: y + 1, width: column - 2, height: CELL - 2, fill: "var(--negative)",
          "fill-opacity": weight * (chosen ? 0.85 : 0.4),
        }));
        if (chosen) {
          text({ x: x + column / 2, y: y + CELL / 2 + 5, "text-anchor": "middle", "font-size": 13,
            stroke: "var(--surface)", "stroke-width": 3, "paint-order": "stroke" }, percent(weight));
        }
      });
      if (chosen) {
        picture.append(svg("rect", {
          x: LEFT, y: TOP + CELL * from, width: column * tokens.length, height: CELL,
          fill: "none", stroke: "var(--ink)", "stroke-width": 2,
        }), handle(LEFT + column * tokens.length, TOP + CELL * (from + 0.5), "y"));
      }
    });
    [[words.contribution, contributions], [words.effect, effects]].forEach(([name, values], row) => {
      const middle = floor + 24 + BARS * (row + 0.5);
      picture.append(svg("line", {
        x1: LEFT, x2: LEFT + column * tokens.length, y1: middle, y2: middle, stroke: "var(--ink-soft)",
      }));
      text({ x: LEFT - 8, y: middle + 5, "text-anchor": "end" }, name);
      values.forEach((value, at) => {
        if (value === null) return;
        const length = (Math.abs(value) / largest) * (BARS / 2 - 16);
        const isZero = Math.abs(value) < 0.05; // what is written as 0.0 has no sign and no colour
        const isUp = value > 0 || isZero;
        const x = LEFT + column * at;
        picture.append(svg("rect", {
          x: x + column * 0.25, width: column * 0.5, y: isUp ? middle - length : middle,
          height: Math.max(length, 1), fill: isZero ? "var(--ink-soft)" : isUp ? "var(--positive)" : "var(--negative)",
        }));
        text({ x: x + column / 2, y: isUp ? middle - length - 5 : middle + length + 15,
          "text-anchor": "middle", "font-size": 13 }, isZero ? "0.0" : signed(value, 1));
      });
    });

    const most = weights[state.reader].indexOf(Math.max(...weights[state.reader]));
    const strongest = effects.reduce(
      (best, effect, at) => (Math.abs(effect ?? 0) > Math.abs(effects[best] ?? 0) ? at : best), 1);
    const sum = fill(words.sum, {
      answer,
      reader: tokens[state.reader],
      head: words.heads[state.head],
      most: tokens[most],
      weight: percent(weights[state.reader][most]),
      strongest: tokens[strongest],
      effect: signed(effects[strongest], 1),
    });
    const brought = fill(words.brought, { most: tokens[most], contribution: signed(contributions[most], 1) });
    say(`${sum} ${state.reader === 0 ? brought : words.idle}`);
  }

  show(figure, stage(panel(review.box, head.box, reader.box, said), scrolled(figure, picture, "32rem")));
  draw();
}

// LIME in two dimensions: the model's output as a field, made-up rows as dots whose size is their weight,
// and the line on which the local model says one half. Drag the row to explain, and choose the kernel's width: the local
// model is fitted here, to the same rows and answers as LIME's (see ridge.js).
//
// data: {names, from, to, step, field: ["0 12 55 …" in percent, bottom line first, at each step], rows: base64 of the
//        made-up rows (z1, z2 in 1/unit as signed, the answer in 1/65535 as unsigned 16 bits), unit, shown: how many
//        of those inside the picture are drawn, widths: [low, high], start, cases: [{label, at, said}],
//        words: {case, own, width, half, sum, standard}}

import { draggable, handle } from "./drag.js";
import { canvas, choice, fill, newId, numbers, panel, range, sentence, show, signed, stage, svg, writer } from "./parts.js";
import { fitLocally, readRows } from "./ridge.js";

const SIZE = 360;
const LEFT = 40;
const TOP = 40;
const WIDTH = LEFT + SIZE + 40;
const HEIGHT = TOP + SIZE + 64;

export default function limeNeighbourhood(figure, data) {
  const id = newId("lime-neighbourhood");
  const { words } = data;
  const span = data.to - data.from;
  const x = (value) => LEFT + ((value - data.from) / span) * SIZE;
  const y = (value) => TOP + SIZE - ((value - data.from) / span) * SIZE;
  const answers = data.field.map(numbers);
  const rows = readRows(data);
  const isInside = ({ z }) => z.every((value) => value > data.from && value < data.to);
  const drawn = rows.slice(1).filter(isInside).slice(0, data.shown);

  // The slider goes by ratios: as far from 0.15 to 0.3 as from 2.5 to 5.
  const [narrow, wide] = data.widths;
  const widthAt = (share) => narrow * (wide / narrow) ** share;
  const shareOf = (kernel) => Math.log(kernel / narrow) / Math.log(wide / narrow);

  const state = { ...data.cases[0], width: data.start };
  const change = (facts) => {
    Object.assign(state, facts);
    draw();
  };
  // Where the model's answer is known: at each step of both values.
  function go(at) {
    const [j, k] = at.map((value) => Math.min(Math.max(Math.round((value - data.from) / data.step), 0), answers.length - 1));
    which.select.value = String(data.cases.length);
    change({ at: [j, k].map((place) => data.from + place * data.step), said: answers[k][j] / 100, label: words.own });
  }
  const which = choice(`${id}-case`, words.case, [...data.cases.map(({ label }) => label), words.own], (value) => {
    if (data.cases[value]) change(data.cases[value]);
    else go(state.at);
  });
  const places = data.names.map((name, j) => range(`${id}-${j}`, name, { low: data.from, high: data.to, step: data.step },
    (value) => go(state.at.map((old, other) => (other === j ? value : old)))));
  const width = range(`${id}-width`, words.width, { low: 0, high: 1, step: 0.005 },
    (share) => change({ width: widthAt(share) }));
  const picture = canvas(WIDTH, HEIGHT, "30rem");
  const { said, say } = sentence(picture);
  const clip = svg("clipPath", { id: `${id}-clip` });
  clip.append(svg("rect", { x: LEFT, y: TOP, width: SIZE, height: SIZE }));

  // The field does not change: blue below one half, orange above, paper where the model is undecided.
  const field = svg("g", { "clip-path": `url(#${id}-clip)` });
  const lines = answers.filter((_, k) => k % 2 === 0).map((line) => line.filter((_, j) => j % 2 === 0));
  const cell = SIZE / (lines.length - 1);
  lines.forEach((line, k) => line.forEach((percent, j) => {
    const lean = percent / 100 - 0.5;
    field.append(svg("rect", {
      x: (LEFT + (j - 0.5) * cell).toFixed(1), y: (TOP + SIZE - (k + 0.5) * cell).toFixed(1),
      width: cell.toFixed(1), height: cell.toFixed(1), "shape-rendering": "crispEdges",
      fill: lean > 0 ? "var(--positive)" : "var(--negative)", opacity: (Math.abs(lean) * 1.1).toFixed(2),
    }));
  }));
  // A hatch says the same as the blue.
  const hatch = svg("pattern", {
    id: `${id}-hatch`, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
  });
  hatch.append(svg("path", { d: "M0 3.5h7", stroke: "var(--surface)", "stroke-width": 1.25 }));
  const below = lines.flatMap((line, k) => line.flatMap((percent, j) => (percent < 50
    ? [`M${(LEFT + (j - 0.5) * cell).toFixed(1)} ${(TOP + SIZE - (k + 0.5) * cell).toFixed(1)}h${cell.toFixed(1)}v${cell.toFixed(1)}h-${cell.toFixed(1)}z`]
    : [])));
  field.append(hatch, svg("path", { d: below.join(""), fill: `url(#${id}-hatch)` }));
  const frame = svg("g", {});
  const label = writer(frame);
  for (let value = Math.ceil(data.from); value <= data.to; value += 1) {
    const content = String(value).replace("-", "−");
    label({ x: x(value), y: TOP + SIZE + 18, "text-anchor": "middle", fill: "var(--ink-soft)" }, content);
    label({ x: LEFT - 8, y: y(value) + 5, "text-anchor": "end", fill: "var(--ink-soft)" }, content);
  }
  label({ x: LEFT + SIZE / 2, y: TOP + SIZE + 38, "text-anchor": "middle" }, data.names[0]);
  label({ x: LEFT + SIZE / 2, y: TOP + SIZE + 57, "text-anchor": "middle", fill: "var(--ink-soft)" }, words.standard);
  label({ x: 4, y: 14 }, data.names[1]);
  const halfKey = { x1: LEFT + 180, x2: LEFT + 214, y1: 10, y2: 10, stroke: "var(--ink)", "stroke-width": 3, "stroke-dasharray": "8 4" };
  frame.append(svg("line", halfKey));
  label({ x: LEFT + 222, y: 16 }, words.half);
  const moving = svg("g", { "clip-path": `url(#${id}-clip)` });
  picture.append(clip, field, frame, moving);
  const back = (place, zero) => data.from + ((place - zero) / SIZE) * span;
  draggable(picture, (press) => (press.x < LEFT || press.x > LEFT + SIZE || press.y < TOP || press.y > TOP + SIZE ? null
    : (to) => go([back(to.x, LEFT), data.to - back(to.y, TOP) + data.from])));

  // The two ends of the line on which the local model says one half, far outside the picture.
  function halfLine({ intercept, weights: [first, second] }) {
    const length = Math.hypot(first, second);
    if (length < 0.005) return null;
    const shift = (0.5 - intercept) / length ** 2;
    const [px, py] = [first * shift, second * shift];
    const [dx, dy] = [(-second / length) * 20, (first / length) * 20];
    return { x1: x(px - dx), y1: y(py - dy), x2: x(px + dx), y2: y(py + dy) };
  }

  function draw() {
    const now = state;
    const kernel = now.width.toFixed(2);
    const model = fitLocally(rows, now, now.width);
    width.put(shareOf(now.width), kernel);
    places.forEach(({ put }, j) => put(now.at[j], signed(now.at[j])));
    moving.replaceChildren();
    drawn.forEach(({ z: [first, second] }) => {
      const distance = Math.hypot(first - now.at[0], second - now.at[1]);
      const weight = Math.exp(-(distance ** 2) / (2 * now.width ** 2));
      moving.append(svg("circle", {
        cx: x(first).toFixed(1), cy: y(second).toFixed(1), r: (1 + 4 * weight).toFixed(1),
        fill: "var(--ink)", opacity: (0.15 + 0.75 * weight).toFixed(2),
      }));
    });
    const half = halfLine(model);
    if (half) {
      moving.append(svg("line", { ...half, stroke: "var(--surface)", "stroke-width": 6 }));
      moving.append(svg("line", { ...half, stroke: "var(--ink)", "stroke-width": 3, "stroke-dasharray": "8 4" }));
    }
    moving.append(handle(x(now.at[0]), y(now.at[1])));
    const sum = fill(words.sum, {
      said: now.said.toFixed(2),
      weights: model.weights.map((weight, j) => `${data.names[j]} ${signed(weight)}`).join(", "),
      fit: model.fit.toFixed(2),
      rows: Math.round(model.rows),
    });
    say(sum, `${now.label}. ${words.width} ${kernel}. `);
  }

  show(figure, stage(panel(which.box, width.box, ...places.map(({ box }) => box), said), picture));
  draw();
}

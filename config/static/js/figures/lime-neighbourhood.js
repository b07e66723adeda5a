// LIME in two dimensions: the model's output as a field, made-up rows as dots whose size is their weight,
// and the line on which the local model says one half. Choose the row to explain and the kernel's width.
//
// data: {names, from, to, field: ["0 12 55 …" in percent, bottom line first], rows: ["z1 z2", …], widths,
//        start, cases: [{label, at, said, models: [{intercept, weights, fit, rows}]}],
//        words: {case, width, half, sum, standard}}

import { canvas, choice, fill, newId, numbers, panel, sentence, show, signed, slider, stage, svg, writer } from "./parts.js";

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
  const rows = data.rows.map(numbers);

  const state = { which: 0, width: data.start };
  const move = (name) => (value) => {
    state[name] = value;
    draw();
  };
  const which = choice(`${id}-case`, words.case, data.cases.map((each) => each.label), move("which"));
  const width = slider(`${id}-width`, words.width, data.widths.length, move("width"));
  const picture = canvas(WIDTH, HEIGHT, "30rem");
  const { said, say } = sentence(picture);
  const clip = svg("clipPath", { id: `${id}-clip` });
  clip.append(svg("rect", { x: LEFT, y: TOP, width: SIZE, height: SIZE }));

  // The field does not change: blue below one half, orange above, paper where the model is undecided.
  const field = svg("g", { "clip-path": `url(#${id}-clip)` });
  const cell = SIZE / (data.field.length - 1);
  data.field.forEach((line, k) => numbers(line).forEach((percent, j) => {
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
  const below = data.field.flatMap((line, k) => numbers(line).flatMap((percent, j) => (percent < 50
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
    const now = data.cases[state.which];
    const kernel = data.widths[state.width];
    const model = now.models[state.width];
    width.put(state.width, String(kernel));
    moving.replaceChildren();
    rows.forEach(([first, second]) => {
      const distance = Math.hypot(first - now.at[0], second - now.at[1]);
      const weight = Math.exp(-(distance ** 2) / (2 * kernel ** 2));
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
    moving.append(svg("circle", {
      cx: x(now.at[0]), cy: y(now.at[1]), r: 9, fill: "var(--marigold)", stroke: "var(--ink)", "stroke-width": 3,
    }));
    const sum = fill(words.sum, {
      said: now.said.toFixed(2),
      weights: model.weights.map((weight, j) => `${data.names[j]} ${signed(weight)}`).join(", "),
      fit: model.fit.toFixed(2),
      rows: model.rows,
    });
    say(sum, `${now.label}. ${words.width} ${kernel}. `);
  }

  show(figure, stage(panel(which.box, width.box, said), picture));
  draw();
}

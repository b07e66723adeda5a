// Partial dependence and the curves behind it: choose a feature and a row, and see that row's curve (ICE)
// among the others and beside their mean. Drag the handle along the chosen curve, or set its value by the slider. Curves
// may be started at zero, so that only shapes are compared.
//
// data: {output, rows: [label], features: [{name, label, grid, mean, curves: [...], at: [[value, output]]}],
//        words: {feature, row, centred, mean, chosen, here, change}}; curves are numbers joined by blanks

import { draggable, handle } from "./drag.js";
import {
  canvas, choice, fill, newId, numbers, panel, plain, sentence, show, signed, slider, stage, svg, tick, writer,
} from "./parts.js";

const WIDTH = 440;
const HEIGHT = 330;
const LEFT = 52;
const RIGHT = 10;
const TOP = 48;
const BOTTOM = 46;

// Round values for an axis: four or five steps of 1, 2 or 5 times a power of ten.
function ticks(low, high) {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) found.push(at);
  return found;
}

export default function pdpIce(figure, data) {
  const id = newId("pdp-ice");
  const { words } = data;
  const features = data.features.map((feature) => ({
    ...feature,
    grid: numbers(feature.grid),
    mean: numbers(feature.mean),
    curves: feature.curves.map(numbers),
  }));

  const state = { feature: 0, row: Math.floor(data.rows.length / 2), at: null };
  const choose = (name, options) =>
    choice(`${id}-${name}`, words[name], options, (value) => {
      state[name] = value;
      if (name === "feature") state.at = null;
      draw();
    });
  const feature = choose("feature", features.map((each) => each.label));
  const row = choose("row", data.rows);
  row.select.value = String(state.row);
  const centred = tick(`${id}-centred`, words.centred, () => draw());
  const picture = canvas(WIDTH, HEIGHT, "36rem");
  const text = writer(picture);
  const { said, say } = sentence(picture);
  const move = (at) => {
    state.at = at;
    draw();
  };
  const value = slider(`${id}-value`, "", features[0].grid.length, move);
  const name = value.box.querySelector("label");
  draggable(picture, ({ y }) => {
    const last = features[state.feature].grid.length - 1; // its values are evenly spaced
    if (y < TOP || y > HEIGHT - BOTTOM + 10) return null;
    return ({ x }) => move(Math.min(Math.max(Math.round(((x - LEFT) / (WIDTH - LEFT - RIGHT)) * last), 0), last));
  });

  function draw() {
    const now = features[state.feature];
    const chosen = state.row;
    const start = (curve) => (centred.box.checked ? curve.map((value) => value - curve[0]) : curve);
    const curves = now.curves.map(start);
    const mean = start(now.mean);
    const every = [...curves.flat(), ...mean];
    const [low, high] = [Math.min(...every), Math.max(...every)];
    const [first, last] = [now.grid[0], now.grid.at(-1)];
    const x = (value) => LEFT + ((value - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
    const y = (value) => HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);

    picture.replaceChildren();
    const line = (curve, attributes) => picture.append(svg("polyline", {
      points: curve.map((value, k) => `${x(now.grid[k]).toFixed(1)},${y(value).toFixed(1)}`).join(" "),
      fill: "none", "stroke-linejoin": "round", ...attributes,
    }));
    for (const value of ticks(low, high)) {
      picture.append(svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value), stroke: "var(--line)" }));
      text({ x: LEFT - 8, y: y(value) + 5, "text-anchor": "end", fill: "var(--ink-soft)" }, plain(value, 0));
    }
    for (const value of ticks(first, last)) {
      text({ x: x(value), y: HEIGHT - 26, "text-anchor": "middle", fill: "var(--ink-soft)" }, Number(value.toFixed(2)));
    }
    text({ x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, now.label);

    const looks = {
      mean: { stroke: "var(--ink)", "stroke-width": 4 },
      chosen: { stroke: "var(--positive)", "stroke-width": 3, "stroke-dasharray": "7 4" },
    };
    curves.forEach((curve) => line(curve, { stroke: "var(--negative)", "stroke-width": 1, opacity: 0.55 }));
    line(mean, looks.mean);
    line(curves[chosen], looks.chosen);
    const [own, output] = now.at[chosen];
    if (own >= first && own <= last) {
      picture.append(svg("circle", {
        cx: x(own), cy: y(centred.box.checked ? output - now.curves[chosen][0] : output), r: 6,
        fill: "var(--surface)", stroke: "var(--positive)", "stroke-width": 3,
      }));
    }
    // Where one reads both curves: at first as near as can be to the patient's own value.
    const away = now.grid.map((one) => Math.abs(one - own));
    const at = state.at ?? away.indexOf(Math.min(...away));
    const here = now.grid[at];
    picture.append(
      svg("line", { x1: x(here), x2: x(here), y1: y(curves[chosen][at]), y2: y(mean[at]), stroke: "var(--ink)", "stroke-width": 2 }),
      svg("circle", { cx: x(here), cy: y(mean[at]), r: 5, fill: "var(--ink)" }),
      handle(x(here), y(curves[chosen][at]), "x"),
    );
    name.textContent = `${now.label} `;
    value.put(at, String(here));
    [[words.mean, looks.mean, 4], [words.chosen, looks.chosen, 250]].forEach(([label, look, at]) => {
      picture.append(svg("line", { x1: at, x2: at + 34, y1: 14, y2: 14, ...look }));
      text({ x: at + 42, y: 19 }, label);
    });
    text({ x: 4, y: 40, fill: "var(--ink-soft)" }, data.output);

    const change = (curve) => signed(curve.at(-1) - curve[0], 0);
    const level = (number) => plain(number, 0);
    say(`${fill(words.here, {
      name: now.label, value: here, own: level(now.curves[chosen][at]), mean: level(now.mean[at]),
    })} ${fill(words.change, { own: change(curves[chosen]), mean: change(mean) })}`,
      `${now.label}. ${data.rows[chosen]}. `);
  }

  show(figure, stage(panel(feature.box, row.box, value.box, centred.line, said), picture));
  draw();
}

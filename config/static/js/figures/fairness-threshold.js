// Two groups, one decision: move the threshold, or one for each group, and watch three rates; or drag a rate to where it
// should be, and see which threshold that takes.
//
// data: {thresholds: [t], start, rates: [label], groups: [{name, base, rates: [[rate]]}],
//        words: {threshold, together, rate, equal}}, rates[k] of a group belongs to thresholds[k]

import { draggable, handle, nearest } from "./drag.js";
import { canvas, fill, newId, panel, percent, sentence, show, slider, stage, svg, tick, writer } from "./parts.js";

const WIDTH = 420; // small enough that the words stay readable on a phone
const LEFT = 76;
const ROW = 96;
const TOP = 30;
const EQUAL = 0.015; // what rounds to the same per cent

export default function fairnessThreshold(figure, data) {
  const id = newId("fairness");
  const { words } = data;
  const at = data.groups.map(() => data.thresholds.indexOf(data.start));
  const colours = ["var(--negative)", "var(--positive)"];
  const picture = canvas(WIDTH, ROW * data.rates.length, "34rem");
  const write = writer(picture);
  const { said, say } = sentence(picture);

  const tied = tick(`${id}-together`, words.together, () => {
    if (tied.box.checked) at.fill(at[0]);
    draw();
  });
  tied.box.checked = true;
  const sliders = data.groups.map((group, k) =>
    slider(`${id}-${k}`, fill(words.threshold, { group: group.name }), data.thresholds.length, (value) => put(k, value)));
  const length = (rate) => rate * (WIDTH - LEFT - 60);
  const steps = data.thresholds.map((_, step) => step);
  draggable(picture, ({ y }) => {
    const row = Math.floor(y / ROW);
    const k = Math.floor((y - ROW * row - TOP - 4) / 26);
    const group = data.groups[k];
    if (!group || row >= data.rates.length) return null;
    const far = (x, step) => Math.abs(LEFT + length(group.rates[step][row]) - x) + Math.abs(step - at[k]) * 1e-6;
    return ({ x }) => put(k, nearest(steps, (step) => far(x, step)));
  });

  function put(k, step) {
    at[k] = step;
    if (tied.box.checked) at.fill(step);
    draw();
  }

  function draw() {
    sliders.forEach(({ put }, k) => put(at[k], data.thresholds[at[k]].toFixed(3)));
    picture.replaceChildren();
    const sentences = data.rates.map((label, row) => {
      const y = ROW * row + TOP;
      write({ x: 0, y: y - 8, "font-weight": 600 }, label);
      const rates = data.groups.map((group, k) => group.rates[at[k]][row]);
      data.groups.forEach((group, k) => {
        const top = y + 4 + 26 * k;
        write({ x: 0, y: top + 16, fill: "var(--ink-soft)" }, group.name);
        picture.append(svg("rect", {
          x: LEFT, y: top, width: Math.max(length(rates[k]), 1), height: 20, fill: colours[k % colours.length],
        }));
        picture.append(handle(LEFT + length(rates[k]), top + 10, "x"));
        write({ x: LEFT + length(rates[k]) + 12, y: top + 16 }, percent(rates[k]));
      });
      const equal = Math.abs(rates[0] - rates[1]) < EQUAL ? ` (${words.equal})` : "";
      return fill(words.rate, { label, first: percent(rates[0]), second: percent(rates[1]) }) + equal;
    });
    say(`${sentences.join("; ")}.`);
  }

  show(figure, stage(panel(tied.line, ...sliders.map(({ box }) => box), said), picture));
  draw();
}

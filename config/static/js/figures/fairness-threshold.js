// Two groups, one decision: move the threshold, or one for each group, and watch three rates.
//
// data: {thresholds: [t], start, rates: [label], groups: [{name, base, rates: [[rate]]}],
//        words: {threshold, together, rate, equal}}, rates[k] of a group belongs to thresholds[k]

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
    slider(`${id}-${k}`, fill(words.threshold, { group: group.name }), data.thresholds.length, (value) => {
      at[k] = value;
      if (tied.box.checked) at.fill(value);
      draw();
    }));

  function draw() {
    sliders.forEach(({ put }, k) => put(at[k], data.thresholds[at[k]].toFixed(2)));
    picture.replaceChildren();
    const length = (rate) => rate * (WIDTH - LEFT - 60);
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
        write({ x: LEFT + length(rates[k]) + 8, y: top + 16 }, percent(rates[k]));
      });
      const equal = Math.abs(rates[0] - rates[1]) < EQUAL ? ` (${words.equal})` : "";
      return fill(words.rate, { label, first: percent(rates[0]), second: percent(rates[1]) }) + equal;
    });
    say(`${sentences.join("; ")}.`);
  }

  show(figure, stage(panel(tied.line, ...sliders.map(({ box }) => box), said), picture));
  draw();
}

// A what-if explorer: choose a level for each feature and see how base value and contributions lead to
// the model's output. All contributions are computed beforehand, one row for each combination of levels.
//
// data: {features: [{name, levels}], start, examples: [{label, levels}], base, output, probability,
//        values: ["φ1 φ2 …", …] (last feature fastest), words: {base, was, examples}}

import { canvas, html, newId, numbers, plain, sentence, show, signed, slider, svg, writer } from "./parts.js";

const WIDTH = 440; // small enough that the words stay readable when a phone shrinks the picture
const ROW = 58;
const TOP = 36;
const LEFT = 80; // room for a number beside the outermost bar
const RIGHT = 80;

const probability = (logOdds) => 1 / (1 + Math.exp(-logOdds));

// The widest that any combination gets, so that the axis stays where it is while one moves.
function extent(data, table) {
  let low = data.base;
  let high = data.base;
  for (const row of table) {
    let at = data.base;
    for (const share of row) {
      at += share;
      low = Math.min(low, at);
      high = Math.max(high, at);
    }
  }
  return [low, high];
}

export default function waterfall(figure, data) {
  const id = newId("what-if");
  const table = data.values.map(numbers);
  const counts = data.features.map((feature) => feature.levels.length);
  const [low, high] = extent(data, table);
  const x = (value) => LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const height = TOP + ROW * data.features.length + 48;
  let levels = [...data.start];
  let before = null;

  const shares = () => table[levels.reduce((at, level, j) => at * counts[j] + level, 0)];

  const sliders = data.features.map((feature, j) =>
    slider(`${id}-${j}`, feature.name, feature.levels.length, (level) => {
      before = shares();
      levels[j] = level;
      draw();
    }));
  const examples = data.examples.map((example) => {
    const button = html("button", { type: "button", class: "button button--quiet" }, example.label);
    button.addEventListener("click", () => {
      before = null;
      levels = [...example.levels];
      draw();
    });
    return button;
  });

  const picture = canvas(WIDTH, height, "36rem");
  const text = writer(picture);
  const { said, say } = sentence(picture);

  function drawPicture(now) {
    picture.replaceChildren();
    const base = x(data.base);
    picture.append(svg("line", {
      x1: base, x2: base, y1: TOP - 8, y2: height - 36, stroke: "var(--ink-soft)", "stroke-dasharray": "3 4",
    }));
    text({ x: base, y: 16, "text-anchor": "middle", fill: "var(--ink-soft)" }, `${data.words.base} ${plain(data.base)}`);
    const names = [];
    let at = data.base;
    now.forEach((share, j) => {
      const y = TOP + ROW * j;
      const [from, to] = [x(Math.min(at, at + share)), x(Math.max(at, at + share))];
      const colour = share < 0 ? "var(--negative)" : "var(--positive)";
      names.push([y + 13, data.features[j].name]);
      picture.append(svg("rect", { x: from, y: y + 20, width: Math.max(to - from, 1), height: 24, fill: colour }));
      if (share < 0) {
        // Colour is never the only sign: what lowers also carries an arrow to the left, what raises one to the right.
        text({ x: from - 6, y: y + 38, "text-anchor": "end" }, `◂ ${signed(share)}`);
      } else {
        text({ x: to + 6, y: y + 38 }, `${signed(share)} ▸`);
      }
      if (before && Math.abs(before[j] - share) >= 0.005) {
        text({ x: WIDTH - 4, y: y + 13, "text-anchor": "end", "font-size": 14, fill: "var(--ink-soft)" },
          `${data.words.was} ${signed(before[j])}`);
      }
      at += share;
      picture.append(svg("line", { x1: x(at), x2: x(at), y1: y + 44, y2: y + ROW + 20, stroke: "var(--ink-soft)" }));
    });
    for (const [y, name] of names) {
      // Drawn last, with a rim in the ground's colour, so that no line runs through a name.
      text({ x: 4, y, stroke: "var(--surface)", "stroke-width": 6, "paint-order": "stroke" }, name);
    }
    text({ x: Math.min(Math.max(x(at), 130), WIDTH - 130), y: height - 12, "text-anchor": "middle", "font-weight": 600 },
      `${data.output}: ${plain(at)}`);
    return at;
  }

  function draw() {
    const now = shares();
    sliders.forEach(({ put }, j) => put(levels[j], String(data.features[j].levels[levels[j]])));
    const at = drawPicture(now);
    const steps = now.map((share, j) => `${data.features[j].name} ${signed(share)}`).join(", ");
    say(
      `${data.output}: ${plain(data.base)} ${now.map((share) => signed(share)).join(" ")} = ${plain(at)}. ` +
        `${data.probability}: ${probability(at).toFixed(2)}.`,
      `${data.words.base} ${plain(data.base)}, ${steps}. `,
    );
  }

  const controls = html("div", { class: "controls" }, ...sliders.map(({ box }) => box));
  const starts = html("p", { class: "cluster", role: "group", "aria-label": data.words.examples }, ...examples);
  show(figure, starts, controls, picture, said);
  draw();
}

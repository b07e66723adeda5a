// A what-if explorer: choose a level for each feature and see how base value and contributions lead to
// the model's output. All contributions are computed beforehand, one row for each combination of levels.
//
// data: {features: [{name, levels}], start, examples: [{label, levels}], base, output, probability,
//        values: ["φ1 φ2 …", …] (last feature fastest), words: {base, was, examples}}

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 440; // small enough that the words stay readable when a phone shrinks the picture
const ROW = 58;
const TOP = 36;
const LEFT = 80; // room for a number beside the outermost bar
const RIGHT = 80;

let figures = 0;

function svg(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function html(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const signed = (number) => `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(2)}`;
const plain = (number) => `${number < 0 ? "−" : ""}${Math.abs(number).toFixed(2)}`;
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
  const id = `what-if-${(figures += 1)}`;
  const table = data.values.map((row) => row.split(" ").map(Number));
  const counts = data.features.map((feature) => feature.levels.length);
  const [low, high] = extent(data, table);
  const x = (value) => LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const height = TOP + ROW * data.features.length + 48;
  let levels = [...data.start];
  let before = null;

  const shares = () => table[levels.reduce((at, level, j) => at * counts[j] + level, 0)];

  const sliders = data.features.map((feature, j) => {
    const shown = html("strong", { "aria-hidden": "true" }); // the slider itself says its value
    const input = html("input", {
      type: "range", id: `${id}-${j}`, min: 0, max: feature.levels.length - 1, step: 1,
    });
    input.addEventListener("input", () => {
      before = shares();
      levels[j] = Number(input.value);
      draw();
    });
    return { input, shown, box: html("div", {}, html("label", { for: `${id}-${j}` }, `${feature.name} `), shown, input) };
  });
  const examples = data.examples.map((example) => {
    const button = html("button", { type: "button", class: "button button--quiet" }, example.label);
    button.addEventListener("click", () => {
      before = null;
      levels = [...example.levels];
      draw();
    });
    return button;
  });

  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, width: "100%", role: "img" });
  picture.style.maxWidth = "36rem";
  const sum = html("p", { role: "status" });

  function drawPicture(now) {
    picture.replaceChildren();
    const text = (attributes, words) =>
      picture.append(svg("text", { "font-size": 16, fill: "var(--ink)", ...attributes }, words));
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
    const steps = now.map((share, j) => `${data.features[j].name} ${signed(share)}`).join(", ");
    picture.setAttribute("aria-label", `${data.words.base} ${plain(data.base)}, ${steps}, ${data.output} ${plain(at)}`);
    return at;
  }

  function draw() {
    const now = shares();
    sliders.forEach(({ input, shown }, j) => {
      const value = String(data.features[j].levels[levels[j]]);
      input.value = levels[j];
      input.setAttribute("aria-valuetext", value);
      shown.textContent = value;
    });
    const at = drawPicture(now);
    sum.textContent = `${data.output}: ${plain(data.base)} ${now.map(signed).join(" ")} = ${plain(at)}. ` +
      `${data.probability}: ${probability(at).toFixed(2)}.`;
  }

  const controls = html("div", { class: "controls" }, ...sliders.map(({ box }) => box));
  const starts = html("p", { class: "cluster", role: "group", "aria-label": data.words.examples }, ...examples);
  figure.querySelector("details").before(starts, controls, picture, sum);
  draw();
}

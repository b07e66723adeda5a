// Two groups, one decision: move the threshold, or one for each group, and watch three rates.
//
// data: {thresholds: [t], start, rates: [label], groups: [{name, base, rates: [[rate]]}]},
//       rates[k] of a group belongs to thresholds[k]

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 560;
const LEFT = 92;
const ROW = 96;
const TOP = 30;

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

const percent = (rate) => `${Math.round(100 * rate)} %`;

export default function fairnessThreshold(figure, data) {
  const id = `fairness-${(figures += 1)}`;
  const height = ROW * data.rates.length;
  const start = data.thresholds.indexOf(data.start);
  const at = data.groups.map(() => start);
  const colours = ["var(--negative)", "var(--positive)"];

  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, width: "100%", role: "img" });
  picture.style.maxWidth = "40rem";
  const said = html("p", { role: "status" });
  const together = html("input", { type: "checkbox", id: `${id}-together` });
  together.checked = true;

  const sliders = data.groups.map((group, k) => {
    const shown = html("output", { for: `${id}-${k}` });
    const input = html("input", {
      type: "range", id: `${id}-${k}`, min: 0, max: data.thresholds.length - 1, step: 1,
    });
    input.addEventListener("input", () => {
      at[k] = Number(input.value);
      if (together.checked) at.fill(at[k]);
      draw();
    });
    return { input, shown, box: html("div", {}, html("label", { for: `${id}-${k}` }, `Threshold for ${group.name} `), shown, input) };
  });
  together.addEventListener("change", () => {
    if (together.checked) at.fill(at[0]);
    draw();
  });

  function draw() {
    sliders.forEach(({ input, shown }, k) => {
      input.value = at[k];
      shown.value = data.thresholds[at[k]].toFixed(2);
      input.setAttribute("aria-valuetext", shown.value);
    });
    picture.replaceChildren();
    const text = (attributes, words) =>
      picture.append(svg("text", { "font-size": 16, fill: "var(--ink)", ...attributes }, words));
    const length = (rate) => rate * (WIDTH - LEFT - 60);
    const sentences = data.rates.map((label, row) => {
      const y = ROW * row + TOP;
      text({ x: 0, y: y - 8, "font-weight": 600 }, label);
      const rates = data.groups.map((group, k) => group.rates[at[k]][row]);
      data.groups.forEach((group, k) => {
        const top = y + 4 + 26 * k;
        text({ x: 0, y: top + 16, fill: "var(--ink-soft)" }, group.name);
        picture.append(svg("rect", {
          x: LEFT, y: top, width: Math.max(length(rates[k]), 1), height: 20, fill: colours[k % colours.length],
        }));
        text({ x: LEFT + length(rates[k]) + 8, y: top + 16 }, percent(rates[k]));
      });
      const gap = Math.abs(rates[0] - rates[1]);
      return `${label}: ${rates.map(percent).join(" and ")}${gap < 0.015 ? " (equal)" : ""}`;
    });
    said.textContent = `${sentences.join("; ")}.`;
    picture.setAttribute("aria-label", said.textContent);
  }

  const tie = html("p", {}, html("label", { for: together.id }, together, " one threshold for all"));
  const controls = html("div", { class: "controls" }, ...sliders.map(({ box }) => box));
  figure.querySelector("details").before(tie, controls, picture, said);
  draw();
}

// A scoring system to fill in: tick the questions, read the total and the risk, and compare the risk of
// each total with what was seen on held-out rows.
//
// data: {items: [{text, points}], levels: [{score, risk, test_rows, test_share}],
//        words: {questions, score, risk, observed, sum}}

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 440;
const HEIGHT = 270;
const LEFT = 40;
const TOP = 44;
const BOTTOM = 62;

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

const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, key) => values[key]);

export default function scoreCard(figure, data) {
  const id = `score-card-${(figures += 1)}`;
  const { words, levels } = data;
  const step = (WIDTH - LEFT) / levels.length;
  const y = (share) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);

  const boxes = data.items.map((item, j) => {
    const box = html("input", { type: "checkbox", id: `${id}-${j}` });
    box.addEventListener("change", draw);
    return box;
  });
  const card = html("fieldset", {}, html("legend", {}, words.questions),
    ...boxes.map((box, j) => html("div", {}, box,
      html("label", { for: box.id }, ` ${data.items[j].text} (+${data.items[j].points})`))));

  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: "100%", role: "img" });
  picture.style.maxWidth = "36rem";
  const sum = html("p", { role: "status" });

  function drawPicture(score) {
    picture.replaceChildren();
    const text = (attributes, content) =>
      picture.append(svg("text", { "font-size": 16, fill: "var(--ink)", ...attributes }, content));
    const mark = (x, share, observed) => picture.append(observed
      ? svg("circle", { cx: x, cy: y(share), r: 5, fill: "var(--surface)", stroke: "var(--ink)", "stroke-width": 2 })
      : svg("rect", { x: x - 5, y: y(share) - 5, width: 10, height: 10, fill: "var(--positive)" }));
    mark(14, 1.16, false);
    text({ x: 26, y: y(1.16) + 5 }, words.risk);
    mark(LEFT + 172, 1.16, true);
    text({ x: LEFT + 184, y: y(1.16) + 5 }, words.observed);
    for (const share of [0, 0.5, 1]) {
      picture.append(svg("line", { x1: LEFT, x2: WIDTH, y1: y(share), y2: y(share), stroke: "var(--line)" }));
      text({ x: LEFT - 8, y: y(share) + 5, "text-anchor": "end", fill: "var(--ink-soft)" }, share);
    }
    levels.forEach((level, k) => {
      const x = LEFT + step * k;
      const chosen = level.score === score;
      if (chosen) {
        picture.append(svg("rect", {
          x: x + 2, y: TOP - 4, width: step - 4, height: HEIGHT - TOP - 26, rx: 6, fill: "none",
          stroke: "var(--ink)", "stroke-width": 2,
        }));
      }
      picture.append(svg("rect", {
        x: x + 12, y: y(level.risk), width: step - 24, height: y(0) - y(level.risk),
        fill: "var(--positive)", opacity: chosen ? 1 : 0.45,
      }));
      mark(x + step / 2, level.test_share, true);
      text({ x: x + step / 2, y: HEIGHT - 40, "text-anchor": "middle", "font-weight": chosen ? 700 : 400 }, level.score);
    });
    text({ x: LEFT + (WIDTH - LEFT) / 2, y: HEIGHT - 8, "text-anchor": "middle", fill: "var(--ink-soft)" }, words.score);
  }

  function draw() {
    const score = boxes.reduce((total, box, j) => total + (box.checked ? data.items[j].points : 0), 0);
    const level = levels.find((each) => each.score === score);
    drawPicture(score);
    sum.textContent = fill(words.sum, {
      score,
      most: levels.at(-1).score,
      risk: level.risk.toFixed(2),
      rows: level.test_rows,
      share: level.test_share.toFixed(2),
    });
    picture.setAttribute("aria-label", sum.textContent);
  }

  figure.querySelector("details").before(card, picture, sum);
  draw();
}

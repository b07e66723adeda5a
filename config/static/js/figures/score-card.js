// A scoring system to fill in: tick the questions, read the total and the risk, and compare the risk of
// each total with what was seen on held-out rows.
//
// data: {items: [{text, points}], levels: [{score, risk, test_rows, test_share}],
//        words: {questions, score, risk, observed, sum}}

import { canvas, fill, html, newId, panel, sentence, show, stage, svg, tick, writer } from "./parts.js";

const WIDTH = 440;
const HEIGHT = 270;
const LEFT = 40;
const TOP = 44;
const BOTTOM = 62;

export default function scoreCard(figure, data) {
  const id = newId("score-card");
  const { words, levels } = data;
  const step = (WIDTH - LEFT) / levels.length;
  const y = (share) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);

  const ticks = data.items.map((item, j) => tick(`${id}-${j}`, `${item.text} (+${item.points})`, () => draw()));
  const card = html("fieldset", {}, html("legend", {}, words.questions), ...ticks.map(({ line }) => line));
  const picture = canvas(WIDTH, HEIGHT, "36rem");
  const text = writer(picture);
  const { said, say } = sentence(picture);

  function drawPicture(score) {
    picture.replaceChildren();
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
    const score = data.items.reduce((sum, item, j) => sum + (ticks[j].box.checked ? item.points : 0), 0);
    const level = levels.find((each) => each.score === score);
    drawPicture(score);
    say(fill(words.sum, {
      score,
      most: levels.at(-1).score,
      risk: level.risk.toFixed(2),
      rows: level.test_rows,
      share: level.test_share.toFixed(2),
    }));
  }

  show(figure, stage(panel(card, said), picture));
  draw();
}

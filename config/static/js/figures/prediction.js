// The prediction that the home page opens with: each slider stands beside the bar that it moves, and the bar's end can be
// dragged to where it should be. The contributions are computed here, exactly, from the model's own trees (see trees.js);
// what is written adds up to the last digit.
//
// data: as of waterfall.js, of a model whose output is a probability; questions (see questions.js) stand in the place of
// the figure's description, which asks them all at once.

import { draggable, handle, nearest } from "./drag.js";
import { addingUp, fill, html, joined, newId, plain, sentence, show, signed, svg } from "./parts.js";
import { questions } from "./questions.js";
import { ends, explainer } from "./trees.js";

const BAR = 20;
const [START, END] = [12, 86]; // per cent of the width: numbers need room beside the outermost bars
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

const level = (count) => joined(`${plain(count / 10, 1)} %`);
const step = (count) => signed(count / 10, 1);

export default function prediction(figure, data) {
  const id = newId("prediction");
  const explain = explainer(data.model);
  const [low, high] = data.range;
  const x = (value) => START + ((value - low) / (high - low)) * (END - START);
  const row = [...data.start];
  let drawn; // what the picture shows while it moves to where it should be
  let wanted;

  const told = (feature, value) => (feature.values ? feature.values[value] : value.toFixed(feature.digits));

  function slider(feature, j) {
    const shown = html("output", { for: `${id}-${j}` });
    const input = html("input", {
      type: "range", id: `${id}-${j}`, min: feature.low, max: feature.high, step: feature.step, value: row[j],
    });
    const put = () => {
      input.value = row[j];
      const words = told(feature, row[j]);
      shown.textContent = words;
      input.setAttribute("aria-valuetext", words);
    };
    input.addEventListener("input", () => {
      row[j] = Number(input.value);
      put();
      change();
    });
    put();
    const box = html("div", { class: "prediction__control" }, html("label", { for: `${id}-${j}` }, feature.name), shown, input);
    return { box, put };
  }

  function switcher(feature, j) {
    const inputs = [];
    const choices = feature.values.map((name, value) => {
      const input = html("input", { type: "radio", name: `${id}-${j}`, id: `${id}-${j}-${value}` });
      input.checked = row[j] === value;
      inputs.push(input);
      input.addEventListener("change", () => {
        row[j] = value;
        change();
      });
      return html("label", { for: input.id }, input, html("span", {}, name));
    });
    const box = html("fieldset", { class: "prediction__control prediction__switch" },
      html("legend", {}, feature.name), html("div", {}, ...choices));
    return { box, put: () => inputs.forEach((input, value) => { input.checked = row[j] === value; }) };
  }

  const mark = () => svg("rect", { class: "base", width: 1, height: "100%" });
  const lines = data.features.map((feature, j) => {
    const parts = {
      base: mark(),
      before: svg("rect", { class: "joint", width: 1, height: "50%" }),
      after: svg("rect", { class: "joint", width: 1, y: "50%", height: "50%" }),
      bar: svg("rect", { y: "50%", height: BAR, rx: 3, transform: `translate(0 ${-BAR / 2})` }),
      hold: svg("svg", { y: "50%", overflow: "visible" }),
      words: svg("text", { y: "50%", "dominant-baseline": "central", "pointer-events": "none" }),
    };
    parts.hold.append(handle(0, 0, "x"));
    const picture = svg("svg", { class: "plot", width: "100%", "aria-hidden": "true", focusable: "false" });
    picture.append(...Object.values(parts));
    const control = feature.values ? switcher(feature, j) : slider(feature, j);
    draggable(picture, () => {
      const reached = ends(explain, row, j, feature);
      const width = picture.getBoundingClientRect().width / 100;
      const far = (end, value, place) => Math.abs(x(end) * width - place) + Math.abs(value - row[j]) * 1e-9;
      return (to) => {
        row[j] = nearest(reached, ({ end, value }) => far(end, value, to.x)).value;
        control.put();
        change();
      };
    });
    return { ...parts, put: control.put, line: html("div", { class: "prediction__line" }, control.box, picture) };
  });

  const foot = svg("svg", { class: "plot", width: "100%", "aria-hidden": "true", focusable: "false" });
  const end = {
    base: mark(),
    words: svg("text", { class: "soft", y: "50%", "dominant-baseline": "central" }),
    mark: svg("circle", { class: "outcome", cy: "50%", r: 9 }),
  };
  foot.append(end.base, end.words, end.mark);
  const total = html("strong", { class: "prediction__total" });
  const result = html("div", { class: "prediction__line prediction__end" },
    html("p", {}, html("span", {}, data.output), total), foot);

  function draw({ base, shares }) {
    const { first, steps, total: sum } = addingUp(base, shares, 1000);
    let at = base;
    shares.forEach((share, j) => {
      const part = lines[j];
      const [from, to] = [Math.min(at, at + share), Math.max(at, at + share)].map(x);
      part.base.setAttribute("x", `${x(base)}%`);
      part.before.setAttribute("x", `${x(at)}%`);
      at += share;
      part.after.setAttribute("x", `${x(at)}%`);
      part.hold.setAttribute("x", `${x(at)}%`);
      part.bar.setAttribute("class", share < 0 ? "negative" : "positive");
      part.bar.setAttribute("x", `${from}%`);
      part.bar.setAttribute("width", `${Math.max(to - from, 0.4)}%`);
      // Colour is never the only sign: an arrow says which way.
      part.words.textContent = !steps[j] ? plain(0, 1) : share < 0 ? `◂ ${step(steps[j])}` : `${step(steps[j])} ▸`;
      part.words.setAttribute("x", `${share < 0 ? from - 1.6 : to + 1.6}%`);
      part.words.setAttribute("text-anchor", share < 0 ? "end" : "start");
    });
    end.base.setAttribute("x", `${x(base)}%`);
    end.mark.setAttribute("cx", `${x(at)}%`);
    end.words.textContent = `${data.words.base} ${level(first)}`;
    const left = at >= base; // the words stand on the side where the mark is not
    end.words.setAttribute("x", `${x(base) + (left ? -1.5 : 1.5)}%`);
    end.words.setAttribute("text-anchor", left ? "end" : "start");
    total.textContent = level(sum);
  }

  const { said, say } = sentence(foot);
  function tell() {
    const { first, steps, total: sum } = addingUp(wanted.base, wanted.shares, 1000);
    const largest = steps.reduce((best, one, j) => (Math.abs(one) > Math.abs(steps[best]) ? j : best), 0);
    say(fill(data.words.sentence, {
      output: data.output,
      base: level(first),
      shares: steps.map(step).join(" "),
      total: level(sum),
      name: data.features[largest].name,
      value: told(data.features[largest], row[largest]),
      share: step(steps[largest]),
    }));
  }

  let moving = 0;
  function move() {
    const gap = wanted.shares.map((share, j) => share - drawn.shares[j]);
    const near = STILL.matches || gap.every((one) => Math.abs(one) < 0.0005);
    drawn = near ? wanted : { base: wanted.base, shares: drawn.shares.map((share, j) => share + 0.3 * gap[j]) };
    draw(drawn);
    moving = near ? 0 : requestAnimationFrame(move);
  }
  const output = ({ base, shares }) => shares.reduce((sum, share) => sum + share, base);
  const quest = data.questions && questions(data.questions, data.words, data.start, (to) => {
    to.forEach((value, j) => {
      row[j] = value;
      lines[j].put();
    });
    change();
  });
  function change() {
    wanted = explain(row);
    tell();
    quest?.look(row, output(wanted));
    if (!moving) move();
  }

  wanted = explain(row);
  drawn = wanted;
  draw(drawn);
  tell();
  said.classList.add("prediction__sentence");
  foot.removeAttribute("aria-label"); // the sentence below says it
  if (quest) figure.querySelector(".interactive-summary").replaceWith(quest.box);
  show(figure, html("div", { class: "prediction" }, ...lines.map(({ line }) => line), result), said);
  figure.dataset.ready = "";
}

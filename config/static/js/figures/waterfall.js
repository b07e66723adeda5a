// A what-if explorer: set each feature by a slider and see how base value and contributions lead to the model's
// output; or drag the end of a bar to where it should be. The contributions are computed here, exactly, from the model's
// own trees (see trees.js).
//
// data: {features: [{name, low, high, step, digits, values?: [text, …]}], start, examples: [{label, row}], model,
//        range: [low, high] of the axis, output, words: {base, was, examples, sentence}}

import { draggable, handle, nearest } from "./drag.js";
import { addingUp, canvas, fill, hairline, html, joined, newId, panel, plain, range, sentence, show, signed, stage, svg, writer } from "./parts.js";
import { ends, explainer, sigmoid } from "./trees.js";

const WIDTH = 380; // small enough that the words stay readable when a phone shrinks the picture
const ROW = 52;
const TOP = 36;
const LEFT = 68; // room for a number beside the outermost bar
const RIGHT = 68;

export default function waterfall(figure, data) {
  const id = newId("what-if");
  const explain = explainer(data.model);
  const [low, high] = data.range;
  const x = (value) => LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const height = TOP + ROW * data.features.length + 44;
  const percent = data.model.probability;
  const parts = percent ? 1000 : 100; // what is written is a tenth of a per cent, or a hundredth
  const level = (count) => (percent ? joined(`${plain(count / 10, 1)} %`) : plain(count / 100));
  const step = (count) => (percent ? signed(count / 10, 1) : signed(count / 100));
  const told = (feature, value) => (feature.values ? feature.values[value] : value.toFixed(feature.digits));
  let row = [...data.start];
  let now = explain(row);
  let written = addingUp(now.base, now.shares, parts);
  let settled = null; // what was written before the present movement, and the shares themselves

  const put = (j, value) => {
    settled ??= { steps: written.steps, shares: now.shares };
    row[j] = value;
    draw();
  };
  const rest = () => {
    settled = null;
  };
  const sliders = data.features.map((feature, j) =>
    range(`${id}-${j}`, feature.name, feature, (value) => put(j, value), rest));
  const examples = data.examples.map((example) => {
    const button = html("button", { type: "button", class: "button button--quiet button--small" }, example.label);
    button.addEventListener("click", () => {
      rest();
      row = [...example.row];
      draw();
    });
    return button;
  });

  const picture = canvas(WIDTH, height, "30rem");
  const text = writer(picture);
  const { said, say } = sentence(picture);
  draggable(picture, ({ y }) => {
    const j = Math.floor((y - TOP) / ROW);
    if (!sliders[j] || y < TOP + ROW * j + 10) return null;
    const reached = ends(explain, row, j, data.features[j]);
    const far = ({ value, end }, to) => Math.abs(x(end) - to.x) + Math.abs(value - row[j]) * 1e-9;
    return (to) => put(j, nearest(reached, (one) => far(one, to)).value);
  }, rest);

  function drawPicture({ base, shares }) {
    picture.replaceChildren();
    text({ x: x(base), y: 16, "text-anchor": "middle", fill: "var(--ink-soft)" }, `${data.words.base} ${level(written.first)}`);
    let at = base;
    const joints = [];
    shares.forEach((share, j) => {
      const y = TOP + ROW * j;
      const [from, to] = [x(Math.min(at, at + share)), x(Math.max(at, at + share))];
      const colour = share < 0 ? "var(--negative)" : "var(--positive)";
      text({ x: 4, y: y + 12 }, `${data.features[j].name} = ${told(data.features[j], row[j])}`);
      picture.append(svg("rect", { x: from, y: y + 18, width: Math.max(to - from, 1), height: 22, fill: colour }));
      // Colour is never the only sign: what lowers also carries an arrow to the left, what raises one to the right.
      const count = written.steps[j];
      if (!count) text({ x: to + 9, y: y + 35 }, percent ? plain(0, 1) : plain(0));
      else if (share < 0) text({ x: from - 9, y: y + 35, "text-anchor": "end" }, `◂ ${step(count)}`);
      else text({ x: to + 9, y: y + 35 }, `${step(count)} ▸`);
      // A share that has not moved may be written otherwise, for the sum.
      if (settled && settled.steps[j] !== count && Math.abs(settled.shares[j] - share) * parts > 1e-6) {
        text({ x: WIDTH - 4, y: y + 12, "text-anchor": "end", "font-size": 14, fill: "var(--ink-soft)" },
          `${data.words.was} ${step(settled.steps[j])}`);
      }
      at += share;
      joints.push([x(at), y + 40, y + ROW + 18]);
      picture.append(handle(x(at), y + 29, "x"));
    });
    text({ x: Math.min(Math.max(x(at), 130), WIDTH - 130), y: height - 8, "text-anchor": "middle", "font-weight": 600 },
      `${data.output}: ${level(written.total)}`);
    const words = [...picture.querySelectorAll("text")].map((text) => text.getBBox());
    joints.forEach((joint) => hairline(picture, ...joint, words));
    hairline(picture, x(base), TOP - 8, height - 36, words, { "stroke-dasharray": "3 4" });
    return at;
  }

  function draw() {
    now = explain(row);
    written = addingUp(now.base, now.shares, parts);
    sliders.forEach(({ put }, j) => put(row[j], told(data.features[j], row[j])));
    const at = drawPicture(now);
    const largest = now.shares.reduce((best, share, j) => (Math.abs(share) > Math.abs(now.shares[best]) ? j : best), 0);
    const steps = written.steps.map((count, j) => `${data.features[j].name} ${step(count)}`).join(", ");
    say(
      fill(data.words.sentence, {
        output: data.output,
        base: level(written.first),
        shares: written.steps.map(step).join(" "),
        total: level(written.total),
        probability: sigmoid(at).toFixed(2),
        name: data.features[largest].name,
        value: told(data.features[largest], row[largest]),
        share: step(written.steps[largest]),
      }),
      `${data.words.base} ${level(written.first)}, ${steps}. `,
    );
  }

  const starts = html("p", { class: "cluster", role: "group", "aria-label": data.words.examples }, ...examples);
  const desk = stage(panel(...sliders.map(({ box }) => box)), picture);
  desk.append(said); // below the sliders where there is room beside the picture, else below the picture
  show(figure, desk, starts);
  draw();
}

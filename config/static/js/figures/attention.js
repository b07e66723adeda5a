// The attention of a small transformer: choose a review, a head and the position that reads, and compare
// what is read with the effect of replacing each word.
//
// data: {effect, reviews: [{tokens, heads: [[[weight]]], effects: [number or null], answer}]}

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 640;
const LEFT = 74;
const CELL = 34;
const TOP = 66;
const BARS = 110; // room for the effects below the matrix

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

const percent = (weight) => `${Math.round(100 * weight)} %`;
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

export default function attention(figure, data) {
  const id = `attention-${(figures += 1)}`;
  const state = { review: 0, head: 0, reader: 0 };
  const largest = Math.max(...data.reviews.flatMap((review) => review.effects.map((e) => Math.abs(e ?? 0))));

  const choose = (name, label, options) => {
    const select = html("select", { id: `${id}-${name}` });
    select.append(...options.map((text, value) => html("option", { value }, text)));
    select.addEventListener("change", () => {
      state[name] = Number(select.value);
      draw();
    });
    return { select, box: html("div", {}, html("label", { for: `${id}-${name}` }, label), select) };
  };
  const review = choose("review", "Review", data.reviews.map((one) => one.tokens.slice(1).join(" ")));
  const head = choose("head", "Head", data.reviews[0].heads.map((_, at) => `head ${at + 1}`));
  const reader = choose("reader", "Position that reads", data.reviews[0].tokens);

  const picture = svg("svg", { width: "100%", role: "img" });
  picture.style.maxWidth = "44rem";
  const said = html("p", { role: "status" });

  function draw() {
    const { tokens, heads, effects, answer } = data.reviews[state.review];
    const weights = heads[state.head];
    const column = (WIDTH - LEFT - 26) / tokens.length; // the last slanted word leans out
    const floor = TOP + CELL * tokens.length;
    const middle = floor + 24 + BARS / 2;
    reader.select.replaceChildren(...tokens.map((token, value) => html("option", { value }, token)));
    reader.select.value = String(state.reader);
    picture.replaceChildren();
    picture.setAttribute("viewBox", `0 0 ${WIDTH} ${floor + BARS + 44}`);
    const text = (attributes, words) =>
      picture.append(svg("text", { "font-size": 14, fill: "var(--ink)", ...attributes }, words));

    tokens.forEach((token, at) => {
      const x = LEFT + column * (at + 0.5);
      text({ x, y: TOP - 12, "text-anchor": "start", transform: `rotate(-40 ${x} ${TOP - 12})` }, token);
      text({ x: LEFT - 8, y: TOP + CELL * (at + 0.5) + 5, "text-anchor": "end",
        "font-weight": at === state.reader ? 700 : 400 }, token);
    });
    weights.forEach((row, from) => {
      const chosen = from === state.reader;
      row.forEach((weight, to) => {
        const [x, y] = [LEFT + column * to, TOP + CELL * from];
        picture.append(svg("rect", {
          x: x + 1, y: y + 1, width: column - 2, height: CELL - 2, fill: "var(--negative)",
          "fill-opacity": weight * (chosen ? 0.85 : 0.4),
        }));
        if (chosen) {
          text({ x: x + column / 2, y: y + CELL / 2 + 5, "text-anchor": "middle", "font-size": 13,
            stroke: "var(--surface)", "stroke-width": 3, "paint-order": "stroke" }, percent(weight));
        }
      });
      if (chosen) {
        picture.append(svg("rect", {
          x: LEFT, y: TOP + CELL * from, width: column * tokens.length, height: CELL,
          fill: "none", stroke: "var(--ink)", "stroke-width": 2,
        }));
      }
    });
    picture.append(svg("line", { x1: LEFT, x2: LEFT + column * tokens.length, y1: middle, y2: middle, stroke: "var(--ink-soft)" }));
    text({ x: LEFT - 8, y: middle + 5, "text-anchor": "end" }, "effect");
    effects.forEach((effect, at) => {
      if (effect === null) return;
      const length = (Math.abs(effect) / largest) * (BARS / 2 - 16);
      const x = LEFT + column * at;
      picture.append(svg("rect", {
        x: x + column * 0.25, width: column * 0.5, y: effect > 0 ? middle - length : middle,
        height: Math.max(length, 1), fill: effect > 0 ? "var(--positive)" : "var(--negative)",
      }));
      text({ x: x + column / 2, y: effect > 0 ? middle - length - 5 : middle + length + 15,
        "text-anchor": "middle", "font-size": 13 }, signed(effect));
    });

    const most = weights[state.reader].indexOf(Math.max(...weights[state.reader]));
    const strongest = effects.reduce((best, effect, at) =>
      Math.abs(effect ?? 0) > Math.abs(effects[best] ?? 0) ? at : best, 1);
    said.textContent = `The model says: ${answer}. From “${tokens[state.reader]}”, head ${state.head + 1} reads ` +
      `“${tokens[most]}” most (${percent(weights[state.reader][most])}). Largest effect: replacing ` +
      `“${tokens[strongest]}” (${signed(effects[strongest])}; ${data.effect}).` +
      (state.reader === 0 ? "" : " This row never reaches the answer: only the row of the class token does.");
    picture.setAttribute("aria-label", said.textContent);
  }

  const controls = html("div", { class: "controls" }, review.box, head.box, reader.box);
  figure.querySelector("details").before(controls, picture, said);
  draw();
}

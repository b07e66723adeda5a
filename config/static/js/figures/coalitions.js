// The lattice of all coalitions of a game: choose a player and see each of that player's marginal
// contributions, its weight, and the weighted mean, which is the Shapley value.
//
// data: {players: [label], unit, coalitions: [{members: [index], value}]} with up to five players

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 640;
const STEP = 92;
const TOP = 26;
const BOX = { width: 88, height: 42 };

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

const number = (value, sign = false) =>
  `${value < 0 ? "−" : sign ? "+" : ""}${Math.abs(value).toFixed(1)}`;
const factorial = (n) => (n < 2 ? 1 : n * factorial(n - 1));
const key = (members) => [...members].sort((a, b) => a - b).join("+");

export default function coalitions(figure, data) {
  const id = `coalitions-${(figures += 1)}`;
  const n = data.players.length;
  const short = data.players.map((player) => player.split(" = ")[0]);
  const value = new Map(data.coalitions.map((one) => [key(one.members), one.value]));
  const height = TOP * 2 + STEP * n + BOX.height;

  // One row for each size, nobody below and all above.
  const place = new Map();
  for (let size = 0; size <= n; size += 1) {
    const row = data.coalitions.filter((one) => one.members.length === size);
    row.forEach((one, at) => {
      place.set(key(one.members), { x: (WIDTH * (at + 0.5)) / row.length, y: TOP + BOX.height / 2 + STEP * (n - size) });
    });
  }
  const weight = (size) => (factorial(size) * factorial(n - size - 1)) / factorial(n);
  const steps = (player) =>
    data.coalitions
      .filter((one) => !one.members.includes(player))
      .map((one) => {
        const joined = key([...one.members, player]);
        return {
          from: key(one.members),
          to: joined,
          size: one.members.length,
          company: one.members.map((j) => short[j]).join(", ") || "nobody",
          gain: value.get(joined) - one.value,
        };
      });

  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, width: "100%", role: "img" });
  picture.style.maxWidth = "44rem";
  const list = html("ul", { class: "legend" });
  const result = html("p", { role: "status" });

  function edge(from, to, attributes) {
    const [a, b] = [place.get(from), place.get(to)];
    picture.append(svg("line", {
      x1: a.x, y1: a.y - BOX.height / 2, x2: b.x, y2: b.y + BOX.height / 2, ...attributes,
    }));
    return { x: 0.62 * a.x + 0.38 * b.x, y: 0.62 * (a.y - BOX.height / 2) + 0.38 * (b.y + BOX.height / 2) };
  }

  function draw(player) {
    const chosen = steps(player);
    picture.replaceChildren();
    for (const one of data.coalitions) {
      for (let other = 0; other < n; other += 1) {
        if (other === player || one.members.includes(other)) continue;
        edge(key(one.members), key([...one.members, other]), { stroke: "var(--line)", "stroke-width": 1 });
      }
    }
    for (const step of chosen) {
      const middle = edge(step.from, step.to, {
        stroke: step.gain < 0 ? "var(--negative)" : "var(--positive)",
        "stroke-width": 1 + 14 * weight(step.size),
        ...(step.gain < 0 ? { "stroke-dasharray": "9 4" } : {}),
      });
      picture.append(svg("text", {
        x: middle.x, y: middle.y + 5, "text-anchor": "middle", "font-size": 14, "font-weight": 600,
        fill: "var(--ink)", stroke: "var(--surface)", "stroke-width": 5, "paint-order": "stroke",
      }, number(step.gain, true)));
    }
    for (const one of data.coalitions) {
      const { x, y } = place.get(key(one.members));
      const inside = one.members.includes(player);
      picture.append(
        svg("rect", {
          x: x - BOX.width / 2, y: y - BOX.height / 2, width: BOX.width, height: BOX.height, rx: 6,
          fill: "var(--surface)", stroke: inside ? "var(--ink)" : "var(--edge)", "stroke-width": inside ? 2 : 1,
        }),
        svg("text", { x, y: y - 4, "text-anchor": "middle", "font-size": 12, fill: "var(--ink-soft)" },
          one.members.map((j) => short[j]).join(" ") || "nobody"),
        svg("text", { x, y: y + 14, "text-anchor": "middle", "font-size": 15, fill: "var(--ink)" }, number(one.value)),
      );
    }
    const total = chosen.reduce((sum, step) => sum + weight(step.size) * step.gain, 0);
    const sentences = chosen.map(
      (step) => `joins ${step.company}: ${number(step.gain, true)}, weight ${weight(step.size).toFixed(3)}`,
    );
    list.replaceChildren(...sentences.map((sentence) => html("li", {}, sentence)));
    picture.setAttribute("aria-label", `${data.players[player]} ${sentences.join("; ")}`);
    result.textContent = `Shapley value of ${data.players[player]}: ${number(total, true)} (${data.unit}).`;
  }

  const choices = data.players.map((label, player) => {
    const input = html("input", { type: "radio", name: id, value: player, id: `${id}-${player}` });
    input.checked = player === 0;
    input.addEventListener("change", () => draw(player));
    return html("label", { for: `${id}-${player}` }, input, ` ${label}`);
  });
  const group = html("div", { class: "cluster", role: "radiogroup", "aria-label": "Player" }, ...choices);
  figure.querySelector("details").before(group, picture, result, list);
  draw(0);
}

// The lattice of all coalitions of a game: choose a player and see each of that player's marginal
// contributions, its weight, and the weighted mean, which is the Shapley value.
//
// data: {players: [label], coalitions: [{members: [index], value}], words: {player, nobody, step, sum}}
//       with up to five players

import { canvas, fill, html, newId, panel, plain, scrolled, sentence, show, signed, stage, svg, writer } from "./parts.js";

const WIDTH = 640;
const STEP = 92;
const TOP = 26;
const BOX = { width: 88, height: 42 };

const factorial = (n) => (n < 2 ? 1 : n * factorial(n - 1));
const key = (members) => [...members].sort((a, b) => a - b).join("+");

export default function coalitions(figure, data) {
  const id = newId("coalitions");
  const { words } = data;
  const n = data.players.length;
  const short = data.players.map((player) => player.split(" = ")[0]);
  const value = new Map(data.coalitions.map((one) => [key(one.members), one.value]));

  // One row for each size, nobody below and all above.
  const place = new Map();
  for (let size = 0; size <= n; size += 1) {
    const row = data.coalitions.filter((one) => one.members.length === size);
    row.forEach((one, at) => {
      const y = TOP + BOX.height / 2 + STEP * (n - size);
      place.set(key(one.members), { x: (WIDTH * (at + 0.5)) / row.length, y });
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
          company: one.members.map((j) => short[j]).join(", ") || words.nobody,
          gain: value.get(joined) - one.value,
        };
      });

  const picture = canvas(WIDTH, TOP * 2 + STEP * n + BOX.height, "44rem");
  const write = writer(picture);
  const list = html("ul", { class: "legend" });
  const { said, say } = sentence(picture);

  function edge(from, to, attributes) {
    const [a, b] = [place.get(from), place.get(to)];
    const [start, end] = [a.y - BOX.height / 2, b.y + BOX.height / 2];
    picture.append(svg("line", { x1: a.x, y1: start, x2: b.x, y2: end, ...attributes }));
    return { x: 0.62 * a.x + 0.38 * b.x, y: 0.62 * start + 0.38 * end };
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
      write({
        x: middle.x, y: middle.y + 5, "text-anchor": "middle", "font-size": 14, "font-weight": 600,
        stroke: "var(--surface)", "stroke-width": 5, "paint-order": "stroke",
      }, signed(step.gain, 1));
    }
    for (const one of data.coalitions) {
      const { x, y } = place.get(key(one.members));
      const inside = one.members.includes(player);
      picture.append(svg("rect", {
        x: x - BOX.width / 2, y: y - BOX.height / 2, width: BOX.width, height: BOX.height, rx: 6,
        fill: "var(--surface)", stroke: inside ? "var(--ink)" : "var(--edge)", "stroke-width": inside ? 2 : 1,
      }));
      write({ x, y: y - 4, "text-anchor": "middle", "font-size": 12, fill: "var(--ink-soft)" },
        one.members.map((j) => short[j]).join(" ") || words.nobody);
      write({ x, y: y + 14, "text-anchor": "middle", "font-size": 15 }, plain(one.value, 1));
    }
    const sentences = chosen.map((step) => fill(words.step, {
      company: step.company,
      gain: signed(step.gain, 1),
      weight: weight(step.size).toFixed(3),
    }));
    list.replaceChildren(...sentences.map((one) => html("li", {}, one)));
    const total = chosen.reduce((sum, step) => sum + weight(step.size) * step.gain, 0);
    say(fill(words.sum, { player: data.players[player], total: signed(total, 1) }), `${sentences.join("; ")}. `);
  }

  const choices = data.players.map((label, player) => {
    const input = html("input", { type: "radio", name: id, value: player, id: `${id}-${player}` });
    input.checked = player === 0;
    input.addEventListener("change", () => draw(player));
    return html("label", { for: input.id }, input, ` ${label}`);
  });
  const group = html("div", { class: "choices-in-a-row", role: "radiogroup", "aria-label": words.player }, ...choices);
  const desk = stage(panel(group, said), scrolled(figure, picture, "30rem"));
  desk.append(list); // below the words where there is room beside the picture, else below the picture
  show(figure, desk);
  draw(0);
}

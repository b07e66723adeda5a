// Questions to a figure, one at a time: each is answered by bringing the figure to where it asks, which then says what
// that means. Whoever cannot find it has it shown.
//
// questions: [{ask, answer, shown: [value, …] (a row that answers it), above?, below? (of the output),
//              where?: [[feature, value], …], changes?: how many values differ from the start}]
// words: {setting, show, next, again}

import { html, joined } from "./parts.js";

function reached({ above = -Infinity, below = Infinity, where = [], changes }, row, output, start) {
  const changed = row.filter((value, j) => value !== start[j]).length;
  return output > above && output < below && where.every(([j, value]) => row[j] === value)
    && (changes === undefined || changed === changes);
}

// The element, and `look(row, output)`, to be called after each change; `move(row)` brings the figure to a row.
export function questions(list, words, start, move) {
  let at = 0;
  let answered = false;
  const count = html("span", { class: "quest__count" });
  const ask = html("span", {});
  const said = html("p", { class: "quest__said", role: "status" });
  const button = html("button", { type: "button", class: "button button--quiet button--small" });
  const box = html("div", { class: "quest" }, html("p", { class: "quest__setting" }, words.setting),
    html("p", { class: "quest__ask" }, count, ask), html("div", { class: "quest__foot" }, said, button));

  function put() {
    count.textContent = `${at + 1}/${list.length}`;
    ask.textContent = joined(list[at].ask);
    said.textContent = answered ? joined(`✓ ${list[at].answer}`) : "";
    button.textContent = !answered ? words.show : at + 1 < list.length ? words.next : words.again;
    box.classList.toggle("is-answered", answered);
  }
  button.addEventListener("click", () => {
    if (!answered) {
      move(list[at].shown);
      return;
    }
    at = (at + 1) % list.length;
    answered = false;
    put();
    if (at === 0) move(start);
  });
  put();
  return {
    box,
    look: (row, output) => {
      if (answered || !reached(list[at], row, output, start)) return;
      answered = true;
      put();
    },
  };
}

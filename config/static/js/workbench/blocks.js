// What the buttons of a lesson's blocks do; lesson.js loads it, and it loads the styles of editors and
// outputs. The code editor comes with the first "Edit".

import { Api } from "./api.js";
import { Cell } from "./cell.js";
import { helpers } from "./completion.js";
import { Draft } from "./draft.js";
import { openConflict } from "./history.js";
import { Runner } from "./runs.js";
import { announce, element, say } from "./words.js";

const root = document.querySelector("[data-live-lesson]");
const facts = JSON.parse(document.querySelector("#workbench-facts").textContent);
const api = new Api(root.dataset.api, facts.person);
const styles = element("link", { rel: "stylesheet", href: root.dataset.styles });
await new Promise((done) => {
  styles.addEventListener("load", done);
  styles.addEventListener("error", done); // it works without
  document.head.append(styles);
});

// A lesson's blocks in the shape of a notebook: their order is the lesson's, and none come or go.
class Blocks {
  constructor(boxes, hooks) {
    this.hooks = { ...hooks, changed: (cell) => { if (!this.isShowing) hooks.changed(cell); } };
    this.cells = boxes.map((box, index) => this.prepare(box, index + 1));
  }

  prepare(box, number) {
    const textarea = box.querySelector("textarea");
    box.dataset.cell = box.dataset.block;
    box.dataset.kind = "code";
    box.dataset.number = number;
    const printed = box.querySelector("code").textContent.replace(/\n$/, "");
    textarea.value = facts.sources[box.dataset.block] ?? printed;
    textarea.setAttribute("aria-label", say("codeCell", { number }));
    const cell = new Cell(box, this.hooks);
    cell.starter = printed;
    // A prediction folds the output and is replaced when it is made: look each time.
    Object.defineProperty(cell, "printed", {
      get() {
        const next = box.nextElementSibling;
        if (next?.matches(".code-output")) return next;
        return next?.matches(".task") ? next.querySelector(":scope > .task__output") : null;
      },
    });
    if (textarea.value !== cell.starter) this.edit(cell, { quietly: true });
    return cell;
  }

  edit(cell, { quietly = false } = {}) {
    cell.box.classList.add("is-editing");
    cell.box.querySelector("[data-editor]").hidden = false;
    cell.box.querySelector("[data-action=edit]").hidden = true;
    cell.box.querySelector("[data-action=reset]").hidden = false;
    cell.enrich().then(() => { if (!quietly) cell.focus(); });
  }

  reset(cell) {
    cell.source = cell.starter;
    cell.clearOutputs();
    cell.setState("idle");
    cell.simplify();
    cell.box.classList.remove("is-editing", "is-edited");
    cell.box.querySelector("[data-editor]").hidden = true;
    cell.box.querySelector("[data-action=edit]").hidden = false;
    cell.box.querySelector("[data-action=reset]").hidden = true;
    if (cell.printed) cell.printed.hidden = false;
    cell.box.querySelector("[data-action=edit]").focus();
  }

  toJSON() { return this.cells.map((cell) => cell.toJSON()); }
  find(id) { return this.cells.find((cell) => cell.id === id); }
  cellOf(target) { return this.cells.find(({ box }) => box.contains(target)); }
  codeCells(until = null) { return until ? this.cells.slice(0, this.cells.indexOf(until) + 1) : this.cells; }

  show(cells) {
    this.isShowing = true;
    for (const { id, source } of cells) {
      const cell = this.find(id);
      if (!cell || cell.source === source) continue;
      cell.source = source;
      this.edit(cell, { quietly: true });
    }
    this.isShowing = false;
  }
}

const hooks = {
  changed: () => draft.touched(),
  run: (cell) => { asked = cell; runner.start(cell); },
  save: () => { draft.save().catch(() => {}); },
  complete: (...call) => help.complete(...call),
  inspect: (...call) => help.inspect(...call),
  announce,
};
const blocks = new Blocks([...root.querySelectorAll("[data-block]")], hooks);
const draft = new Draft({
  api, notebook: blocks, version: facts.version, savedAt: facts.saved_at && new Date(facts.saved_at), person: facts.person, scope: facts.scope,
});
const help = helpers({ api, draft, notebook: blocks });
const runner = new Runner({ api, draft, notebook: blocks });

let asked = null; // the block whose button was pressed last: news are told beside it
const line = (cell) => cell.box.querySelector("[data-said]");
const dialog = document.querySelector("dialog[data-dialog=conflict]");

// How a run ended stands in the block's own status; here is what goes on, and trouble.
runner.addEventListener("tell", ({ detail: { sentence, isTrouble } }) => {
  if (asked) line(asked).textContent = runner.isBusy || isTrouble ? sentence : "";
});
runner.addEventListener("busy", () => {
  for (const cell of blocks.cells) cell.box.querySelector("[data-action=interrupt]").hidden = !runner.isBusy || cell !== asked;
  // A block that has an output of its own shows that in place of the one that the lesson printed.
  if (!runner.isBusy) {
    for (const { printed, outputs } of blocks.cells) if (printed && outputs.childElementCount) printed.hidden = true;
  }
});
draft.addEventListener("state", ({ detail: { state, changed, sentence } }) => {
  for (const cell of blocks.cells) {
    const place = cell.box.querySelector("[data-draft-state]");
    place.textContent = cell.box.classList.contains("is-editing") ? sentence : "";
    place.dataset.state = state;
  }
  if (changed && !["starter", "saved", "saving", "unsaved"].includes(state)) announce(sentence);
});
draft.addEventListener("conflict", ({ detail }) => openConflict(dialog, draft, detail));

const actions = {
  run: (cell) => { asked = cell; runner.start(cell); },
  edit: (cell) => blocks.edit(cell),
  reset: (cell) => blocks.reset(cell),
  interrupt: () => runner.interrupt(),
};
root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  const cell = button && blocks.cellOf(button);
  if (cell) actions[button.dataset.action]?.(cell);
});
draft.takeUpCopy();

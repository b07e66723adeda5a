// The cells in their order. Cells that come from the server stay the elements that they are; new ones
// are made from the templates that the server wrote beside them.

import { Cell } from "./cell.js";
import { element, say } from "./words.js";

const NEAR = "400px";

export class Notebook {
  constructor(list, hooks) {
    this.list = list;
    this.hooks = {
      ...hooks,
      changed: (cell) => { if (!this.isShowing) hooks.changed(cell); },
    };
    // An editor is made when its cell comes near the window.
    this.watcher = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        this.watcher.unobserve(target);
        this.cells.find(({ box }) => box === target)?.enrich();
      }
    }, { rootMargin: NEAR });
    this.cells = [...list.querySelectorAll("[data-cell]")].map((box) => new Cell(box, this.hooks));
    this.watch();
  }

  watch() {
    for (const { box, isCode } of this.cells) if (isCode) this.watcher.observe(box);
  }

  simplify() {
    this.watcher.disconnect();
    for (const cell of this.cells) if (cell.isCode) cell.simplify();
  }

  toJSON() { return this.cells.map((cell) => cell.toJSON()); }
  find(id) { return this.cells.find((cell) => cell.id === id); }
  cellOf(target) { return this.cells.find(({ box }) => box.contains(target)); }

  codeCells(until = null) {
    const end = until ? this.cells.indexOf(until) + 1 : this.cells.length;
    return this.cells.slice(0, end).filter(({ isCode }) => isCode);
  }

  nextCode(cell) {
    return this.cells.slice(this.cells.indexOf(cell) + 1).find(({ isCode }) => isCode);
  }

  renumber() {
    this.codeCells().forEach((cell, index) => {
      const number = String(index + 1);
      cell.box.dataset.number = number;
      cell.box.querySelector("[data-number-shown]").textContent = number;
      const label = say("codeCell", { number });
      cell.textarea.setAttribute("aria-label", label);
      cell.editor?.view.contentDOM.setAttribute("aria-label", label);
    });
  }

  make({ id, type, source, html = "" }) {
    const template = document.querySelector(type === "code" ? "#cell-code" : "#cell-markdown");
    const box = template.content.firstElementChild.cloneNode(true);
    Object.assign(box.dataset, { cell: id, kind: type });
    const cell = new Cell(box, this.hooks);
    cell.textarea.value = source;
    if (!cell.isCode) cell.setRendered(html);
    return cell;
  }

  add(type, after) {
    const id = crypto.randomUUID().slice(0, 8);
    const cell = this.make({ id, type, source: "" });
    this.cells.splice(after ? this.cells.indexOf(after) + 1 : this.cells.length, 0, cell);
    if (after) after.box.after(cell.box);
    else this.list.append(cell.box);
    this.settle(cell);
    if (cell.isCode) cell.enrich().then(() => cell.focus());
    else cell.editText();
    return cell;
  }

  // Leaves a line in its place that brings it back.
  remove(cell) {
    const index = this.cells.indexOf(cell);
    this.cells.splice(index, 1);
    this.list.querySelector("[data-deleted]")?.remove();
    const undo = element("button", { class: "link-button", type: "button" }, say("undo"));
    const line = element("li", { class: "cell-deleted", "data-deleted": true }, say("cellDeleted"), " ", undo);
    undo.addEventListener("click", () => {
      const place = [...this.list.children].filter((box) => box.matches("[data-cell], [data-deleted]")).indexOf(line);
      this.cells.splice(place, 0, cell);
      line.replaceWith(cell.box);
      this.settle(cell);
      cell.focus();
    });
    cell.box.replaceWith(line);
    undo.focus();
    this.settle(cell);
  }

  move(cell, step) {
    const index = this.cells.indexOf(cell);
    const other = this.cells[index + step];
    if (!other) return false;
    [this.cells[index], this.cells[index + step]] = [other, cell];
    // Moving the neighbour keeps the focus where it is.
    if (step < 0) cell.box.after(other.box);
    else cell.box.before(other.box);
    this.settle(cell);
    return true;
  }

  settle(cell) {
    this.renumber();
    this.hooks.changed(cell);
  }

  // Shows other cells in place of these: what is the same stays, with its editor and outputs.
  show(cells) {
    this.isShowing = true;
    const known = new Map(this.cells.map((cell) => [`${cell.kind} ${cell.id}`, cell]));
    this.cells = cells.map((facts) => {
      const cell = known.get(`${facts.type} ${facts.id}`);
      if (!cell) return this.make(facts);
      const isNew = cell.source !== facts.source;
      cell.source = facts.source;
      if (!cell.isCode && facts.html !== undefined) cell.setRendered(facts.html);
      else if (!cell.isCode && isNew) cell.setRendered("");
      return cell;
    });
    this.list.replaceChildren(...this.cells.map(({ box }) => box));
    this.isShowing = false;
    this.renumber();
    this.watch();
  }
}

// One cell of a notebook or one block of a lesson: its text, its editor, its state, its outputs.

import { openEditor, prefersPlain } from "./editor.js";
import { addOutput } from "./outputs.js";
import { element, say, saySeconds } from "./words.js";

const PENDING = new Set(["queued", "running"]);

export class Cell {
  // `hooks`: changed(cell), run(cell, {moveOn}), save(), complete(cell, source, cursor), inspect(...), announce(words)
  constructor(box, hooks) {
    this.box = box;
    this.hooks = hooks;
    this.id = box.dataset.cell;
    this.kind = box.dataset.kind;
    this.textarea = box.querySelector("textarea");
    this.outputs = box.querySelector("[data-outputs]");
    this.status = box.querySelector("[data-status]");
    this.state = box.dataset.state || "idle";
    this.textarea?.addEventListener("input", () => this.edited());
    this.textarea?.addEventListener("keydown", (event) => this.keyInTextarea(event));
  }

  get isCode() { return this.kind === "code"; }
  get source() { return this.textarea.value; }
  get number() { return this.box.dataset.number; }

  set source(text) {
    if (text === this.textarea.value) return;
    this.textarea.value = text;
    if (this.editor) this.editor.setText(text); // tells of the change itself
    else this.edited();
  }

  toJSON() {
    return { id: this.id, type: this.kind, source: this.source };
  }

  edited() {
    this.errorLine = null; // its text has moved
    this.box.classList.add("is-edited");
    if (this.state === "done" || this.state === "error") this.setState("stale");
    this.hooks.changed(this);
  }

  keyInTextarea(event) {
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.hooks.run(this, { moveOn: event.shiftKey });
    } else if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.hooks.save();
    }
  }

  // Called when the cell comes near the window, and when the choice between the editors changes.
  async enrich() {
    if (!this.isCode || prefersPlain()) return;
    const hooks = {
      changed: () => this.edited(),
      run: (options) => { this.hooks.run(this, options); return true; },
      save: () => { this.hooks.save(); return true; },
      complete: (source, cursor) => this.hooks.complete(this, source, cursor),
      inspect: (source, cursor) => this.hooks.inspect(this, source, cursor),
      announce: this.hooks.announce,
    };
    const label = say("codeCell", { number: this.number });
    this.opening ??= openEditor(this.textarea, { label, described: "workbench-keys", hooks });
    const { opening } = this;
    try {
      const editor = await opening;
      if (this.opening !== opening) return; // it was not wanted any more
      this.editor = editor;
      if (this.errorLine) this.editor.markLine(this.errorLine);
    } catch {
      if (this.opening === opening) this.opening = undefined; // the text area stays
    }
  }

  // Also of an editor that is still to come: two over one text area would overwrite each other's text.
  simplify() {
    const { opening } = this;
    this.editor = this.opening = undefined;
    this.textarea.hidden = false;
    opening?.then(({ view }) => {
      view.destroy();
      this.textarea.hidden = Boolean(this.textarea.nextElementSibling?.matches(".cm-editor")); // the next one
    }, () => {});
  }

  focus({ line } = {}) {
    if (line) this.editor?.goTo(line);
    if (this.editor) this.editor.view.focus();
    else this.textarea.focus();
    this.box.scrollIntoView({ block: "nearest" });
  }

  // --- a run's state and outputs ---------------------------------------------------------------
  setState(state, { seconds = null, cached = false } = {}) {
    this.state = state;
    this.box.dataset.state = state;
    this.box.setAttribute("aria-busy", String(PENDING.has(state)));
    clearInterval(this.ticking);
    if (state === "running") {
      const began = performance.now();
      this.ticking = setInterval(() => this.sayStatus(say("running", { time: saySeconds((performance.now() - began) / 1000) })), 500);
    }
    if (state === "queued" || state === "running") this.awaitsOutput = true;
    const words = {
      queued: () => say("queued"),
      running: () => say("runningNow"),
      done: () => (seconds === null ? say("done") : say(cached ? "doneFromCache" : "doneIn", { time: saySeconds(seconds) })),
      error: () => (seconds === null ? say("failed") : say("failedAfter", { time: saySeconds(seconds) })),
      skipped: () => say("notRun"),
      interrupted: () => say("interrupted"),
      stale: () => say("changedSinceRun"),
    };
    this.sayStatus(words[state]?.() ?? "");
  }

  sayStatus(sentence) {
    this.status.textContent = sentence;
  }

  // Old outputs stay until the first new one is there, so that the page does not jump.
  add(output) {
    if (this.awaitsOutput) this.clearOutputs();
    addOutput(this.outputs, output);
    if (output.type !== "error") return;
    this.errorLine = output.line;
    this.editor?.markLine(output.line);
  }

  finish(state, facts) {
    if (this.awaitsOutput) this.clearOutputs();
    this.setState(state, facts);
  }

  // The run has ended before it came to an end here.
  drop() {
    if (PENDING.has(this.state)) this.setState("interrupted");
    this.awaitsOutput = false;
  }

  clearOutputs() {
    this.awaitsOutput = false;
    this.errorLine = null;
    this.outputs.replaceChildren();
    this.editor?.markLine(null);
  }

  // --- text cells --------------------------------------------------------------------------------
  editText() {
    this.box.classList.add("is-writing");
    this.textarea.focus();
  }

  showText() {
    if (!this.box.classList.contains("is-writing")) return;
    this.box.classList.remove("is-writing");
    const shown = this.box.querySelector("[data-rendered]");
    if (!this.source.trim()) shown.replaceChildren(element("p", { class: "soft" }, say("emptyText")));
    else if (this.box.classList.contains("is-edited")) shown.replaceChildren(element("p", {}, this.source));
    if (this.box.classList.contains("is-edited")) shown.removeAttribute("lang"); // no longer the starter's text
  }

  // The server has rendered and cleaned it; math and pictures are lost to nobody else's markup here.
  setRendered(html) {
    this.box.querySelector("[data-rendered]").innerHTML = html;
    this.box.classList.remove("is-edited");
  }

  // --- what a submission says of this cell ----------------------------------------------------------
  setNotes(html) {
    const place = this.box.querySelector("[data-notes]");
    place.innerHTML = html;
    place.hidden = !html;
  }
}


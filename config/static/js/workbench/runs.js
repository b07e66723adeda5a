// Runs: from the first cell to the one asked for, in a fresh process. The server says in each answer
// when to ask again; a short run is in the answer to its own start.

import { announce, say, saySeconds } from "./words.js";

const LONGEST_WAIT_MS = 5_000;
const SHORTEST_WAIT_MS = 30;
const RETRY_MS = 1_500;
const ENDED = new Set(["done", "error", "interrupted", "replaced", "limit", "lost"]);

export class Runner extends EventTarget {
  constructor({ api, draft, notebook }) {
    super();
    Object.assign(this, { api, draft, notebook });
  }

  get isBusy() { return Boolean(this.current); }

  // `until` is a cell, or null for all of them.
  async start(until) {
    const cells = this.notebook.codeCells(until);
    const turn = (this.turn = Symbol("run"));
    for (const cell of this.current?.cells ?? []) if (!cells.includes(cell)) cell.drop();
    this.reported = false;
    this.setCurrent({ id: null, cells });
    for (const cell of cells) cell.setState("queued");
    try {
      const answer = await this.draft.send((body) => this.api.post("runs/", { ...body, until: until?.id ?? null }));
      if (this.turn !== turn) return;
      this.current.id = answer.id;
      this.take(answer);
      if (this.isInterrupting) this.interrupt();
      await this.follow(answer, turn);
    } catch (fault) {
      if (this.turn === turn) this.refused(fault, cells);
    }
  }

  // Shows a run that was going on, or had ended, when the page was opened.
  resume(answer) {
    const turn = (this.turn = Symbol("run"));
    const cells = this.notebook.codeCells(this.notebook.find(answer.until));
    this.reported = ENDED.has(answer.state);
    this.setCurrent({ id: answer.id, cells });
    this.take(answer);
    this.follow(answer, turn).catch((fault) => this.refused(fault, cells));
  }

  async follow(answer, turn) {
    let { state, cursor, poll_ms: wait } = answer;
    while (!ENDED.has(state)) {
      await new Promise((resume) => { setTimeout(resume, Math.min(Math.max(wait, SHORTEST_WAIT_MS), LONGEST_WAIT_MS)); });
      if (this.turn !== turn) return;
      try {
        const next = await this.api.get(`runs/${answer.id}/?after=${cursor}`);
        if (this.turn !== turn) return;
        ({ state, cursor, poll_ms: wait } = next);
        this.take(next);
      } catch (fault) {
        if (this.turn !== turn) return;
        if (!["offline", "server", "limited"].includes(fault.kind)) throw fault;
        this.tell(say("runUnseen")); // the run goes on; the page has lost sight of it
        wait = Math.max(RETRY_MS, fault.retryAfter * 1000);
      }
    }
  }

  take({ state, position, events, detail }) {
    for (const event of events) this.apply(event);
    if (this.isInterrupting) this.tell(say("interrupting"));
    else if (state === "queued") this.tell(position > 1 ? say("runQueued", { position }) : say("runStarting"));
    else if (state === "running") this.tell("");
    if (ENDED.has(state)) this.end(state, detail);
  }

  apply({ cell: id, kind, state, seconds, cached, output }) {
    const cell = this.notebook.find(id);
    if (!cell) return; // deleted meanwhile
    if (kind === "output") {
      cell.add(output);
      if (output.type === "error") this.tellError(cell, output);
    } else if (state === "running") {
      cell.setState("running");
    } else {
      cell.finish(state, { seconds, cached });
      this.seconds = (this.seconds ?? 0) + (cached ? 0 : seconds ?? 0);
    }
  }

  tellError(cell, { name, line }) {
    this.hasError = true;
    if (this.reported) return;
    announce(line ? say("errorInLine", { name, number: cell.number, line }) : say("errorInCell", { name, number: cell.number }));
  }

  end(state, detail) {
    const { cells } = this.current;
    for (const cell of cells) {
      if (cell.state === "queued" && (state === "done" || state === "error")) cell.setState("skipped");
      else cell.drop();
    }
    const words = {
      done: say("runDone", { time: saySeconds(this.seconds ?? 0) }), error: say("runStopped"),
      interrupted: say("runInterrupted"), replaced: say("runReplaced"),
    };
    const sentence = detail || words[state] || "";
    this.setCurrent(null);
    this.tell(sentence, state === "lost" || state === "limit");
    if (!this.hasError && !this.reported) announce(sentence);
  }

  refused(fault, cells) {
    for (const cell of cells) if (["queued", "running"].includes(cell.state)) cell.setState("idle");
    this.setCurrent(null);
    const { code, cell: id, line } = fault.problem;
    const cell = id && this.notebook.find(id);
    if (cell) {
      cell.clearOutputs();
      cell.setState("error");
      cell.add({ type: "error", name: say("cellRefused"), message: fault.message, line, traceback: "" });
    }
    const words = {
      offline: say("runOffline"), session: say("sessionEnded"), conflict: code === "conflict" ? "" : fault.message,
      missing: say("runLost"), limited: say("runLimited"), large: say("tooLarge"), server: say("runFailed"),
    };
    const sentence = words[fault.kind] ?? fault.message;
    this.tell(sentence, fault.kind !== "conflict");
    announce(sentence);
  }

  async interrupt() {
    if (!this.current) return;
    this.isInterrupting = true;
    this.tell(say("interrupting"));
    if (!this.current.id) return; // as soon as it has one
    await this.api.post(`runs/${this.current.id}/interrupt/`).catch((fault) => this.tell(fault.message));
  }

  setCurrent(current) {
    this.current = current;
    if (current) [this.seconds, this.hasError, this.isInterrupting] = [0, false, false];
    this.dispatchEvent(new Event("busy"));
  }

  tell(sentence, isTrouble = false) {
    this.dispatchEvent(new CustomEvent("tell", { detail: { sentence, isTrouble } }));
  }
}

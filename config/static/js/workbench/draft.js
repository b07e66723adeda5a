// The draft: saved on the server as one types, with a version. What the server does not have yet is
// kept on this device, and the page says which of the two it is.

import { say, sayTime } from "./words.js";

const PAUSE_MS = 800; // after the last key
const COPY_PAUSE_MS = 250;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;
const KEEPALIVE_BYTES = 60_000; // browsers refuse more in a request that outlives its page

function same(one, other) {
  const plain = (cells) => JSON.stringify(cells.map(({ id, type, source }) => [id, type, source]));
  return plain(one) === plain(other);
}

export class Draft extends EventTarget {
  constructor({ api, notebook, version, savedAt, person, scope }) {
    super();
    Object.assign(this, { api, notebook, version, savedAt });
    this.revision = this.savedRevision = 0;
    this.queue = Promise.resolve();
    this.retryMs = FIRST_RETRY_MS;
    this.forgetOthers(person);
    // Each tab has its own copy, so that two that are offline do not overwrite each other's.
    const tab = sessionStorage.getItem("tab") ?? crypto.randomUUID();
    sessionStorage.setItem("tab", tab);
    this.prefix = `draft:${person}:${scope}:`;
    this.key = this.prefix + tab;
    addEventListener("online", () => this.again());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.again(); });
    addEventListener("pagehide", () => this.leave());
    addEventListener("beforeunload", (event) => { if (this.isDirty && !this.hasCopy) event.preventDefault(); });
    this.setState(version ? "saved" : "starter");
  }

  get isDirty() { return this.revision !== this.savedRevision; }

  setState(state, detail = "") {
    const changed = state !== this.state;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, changed, sentence: this.sentence(detail) } }));
  }

  sentence(detail) {
    switch (this.state) {
      case "starter": return say("starterState");
      case "saved": return say("saved", { time: sayTime(this.savedAt) });
      case "saving": return say("saving");
      case "unsaved": return say("unsaved");
      case "offline": return say("offline");
      case "session": return say("sessionEnded");
      case "conflict": return say("conflictState");
      case "large": return say("tooLarge");
      default: return detail || say("notSaved");
    }
  }

  touched() {
    this.revision += 1;
    clearTimeout(this.copying);
    this.copying = setTimeout(() => this.keepCopy(), COPY_PAUSE_MS);
    if (["saved", "starter", "unsaved", "large"].includes(this.state)) {
      this.setState("unsaved");
      this.plan(PAUSE_MS);
    }
  }

  plan(pause) {
    clearTimeout(this.planned);
    this.planned = setTimeout(() => this.save().catch(() => {}), pause);
  }

  again() {
    if (["offline", "session", "error"].includes(this.state)) this.plan(0);
  }

  // One request at a time: `post` gets the body that carries what is unsaved, and returns the answer.
  send(post) {
    const sent = this.queue.then(async () => {
      clearTimeout(this.planned);
      const { revision } = this;
      const isDirty = revision !== this.savedRevision;
      if (isDirty) this.setState("saving");
      const cells = isDirty ? this.notebook.toJSON() : null;
      try {
        const answer = await post({ base: this.version, cells });
        if (answer) this.accepted(answer, revision);
        return answer;
      } catch (fault) {
        // What was sent along may be saved although what was asked for was refused.
        if (fault.problem.saved) this.accepted(fault.problem.saved, revision);
        this.failed(fault);
        throw fault;
      }
    });
    this.queue = sent.catch(() => {});
    return sent;
  }

  save(reason = "typed") {
    return this.send((body) => (body.cells ? this.api.put("", { ...body, reason }) : null));
  }

  accepted({ version, saved_at: savedAt, html = {} }, revision) {
    this.version = version;
    if (savedAt) this.savedAt = new Date(savedAt);
    this.savedRevision = revision;
    this.retryMs = FIRST_RETRY_MS;
    for (const [id, rendered] of Object.entries(html)) this.notebook.find(id)?.setRendered(rendered);
    if (this.isDirty) {
      this.setState("unsaved");
      this.plan(PAUSE_MS);
    } else {
      this.dropCopy();
      this.setState(version ? "saved" : "starter");
    }
  }

  failed(fault) {
    this.keepCopy();
    if (!this.isDirty && !["session", "conflict"].includes(fault.kind)) {
      this.setState(this.version ? "saved" : "starter"); // it was not the saving that failed
    } else if (fault.kind === "offline" || fault.kind === "server" || fault.kind === "limited") {
      this.setState(fault.kind === "offline" ? "offline" : "error");
      this.plan(Math.max(this.retryMs, fault.retryAfter * 1000));
      this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
    } else if (fault.kind === "session") {
      this.setState("session");
    } else if (fault.kind === "conflict" && fault.problem.current) {
      const { current } = fault.problem;
      if (same(current.cells, this.notebook.toJSON())) { // another tab has saved the same
        this.accepted(current, this.revision);
        return;
      }
      this.setState("conflict");
      this.dispatchEvent(new CustomEvent("conflict", { detail: current }));
    } else if (fault.kind === "large") {
      this.setState("large");
    } else if (this.isDirty) {
      this.setState("error", fault.message);
    }
  }

  // The two ways out of a conflict. What was not chosen is kept in the history.
  keepMine(current) {
    this.version = current.version;
    this.revision += 1;
    return this.save("kept_mine");
  }

  async takeTheirs(current) {
    await this.api.post("history/", { base: this.version, cells: this.notebook.toJSON() });
    this.replace(current);
  }

  // Shows what the server has, as it is now the draft.
  replace(answer) {
    this.notebook.show(answer.cells);
    this.accepted(answer, this.revision);
  }

  // --- the copy on this device ---------------------------------------------------------------------
  keepCopy() {
    clearTimeout(this.copying);
    if (!this.isDirty) return;
    const copy = { base: this.version, at: Date.now(), cells: this.notebook.toJSON() };
    try {
      localStorage.setItem(this.key, JSON.stringify(copy));
      this.hasCopy = true;
    } catch { // full, or forbidden: closing the page asks first
      this.hasCopy = false;
    }
  }

  dropCopy() {
    clearTimeout(this.copying);
    this.hasCopy = false;
    localStorage.removeItem(this.key);
  }

  // What a closed page left behind: taken up again, or shown beside what was saved elsewhere since.
  takeUpCopy() {
    const kept = Object.keys(localStorage)
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => ({ key, ...JSON.parse(localStorage.getItem(key)) }))
      .sort((one, other) => other.at - one.at);
    const [latest] = kept;
    if (!latest) return;
    localStorage.removeItem(latest.key);
    if (same(latest.cells, this.notebook.toJSON())) return;
    this.version = latest.base; // a newer one on the server answers with a conflict
    this.notebook.show(latest.cells);
    this.touched();
    this.dispatchEvent(new Event("takenup"));
  }

  forgetOthers(person) {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith("draft:") && !key.startsWith(`draft:${person}:`)) localStorage.removeItem(key);
    }
  }

  leave() {
    if (!this.isDirty || this.state === "conflict") return;
    this.keepCopy();
    const body = { base: this.version, cells: this.notebook.toJSON(), reason: "typed" };
    if (new Blob([JSON.stringify(body)]).size > KEEPALIVE_BYTES) return;
    this.api.put("", body, { keepalive: true }).then(() => this.dropCopy(), () => {});
  }
}

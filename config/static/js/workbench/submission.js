// Submitting without leaving the page: the live state, then the verdict above the notebook and what it
// says of each cell beside that cell. The server renders both, as it does on the submission's page.

import { announce, say } from "./words.js";

const RETRY_MS = 2_000;
const LONGEST_WAIT_MS = 10_000;

export class Submission extends EventTarget {
  constructor({ api, draft, notebook, panel }) {
    super();
    Object.assign(this, { api, draft, notebook, panel });
  }

  async submit() {
    this.setBusy(true);
    try {
      const { submission } = await this.draft.send((body) => this.api.post("submit/", body));
      for (const cell of this.notebook.cells) cell.setNotes("");
      await this.follow(submission);
    } catch (fault) {
      const words = { offline: say("submitOffline"), session: say("sessionEnded"), server: say("submitFailed") };
      const sentence = fault.problem.current ? "" : words[fault.kind] ?? fault.message;
      this.dispatchEvent(new CustomEvent("tell", { detail: { sentence, isTrouble: true } }));
      announce(sentence);
    } finally {
      this.setBusy(false);
    }
  }

  // Also of one that was on its way when the page was opened.
  async follow(first) {
    this.setBusy(true);
    let now = first;
    this.show(now, { isFirst: true });
    while (!now.finished) {
      await new Promise((resume) => { setTimeout(resume, Math.min(now.poll_ms, LONGEST_WAIT_MS)); });
      try {
        const next = await this.api.get(`submissions/${now.id}/?seen=${encodeURIComponent(now.seen)}`);
        if (next) this.show(now = next);
      } catch (fault) {
        if (!["offline", "server", "limited"].includes(fault.kind)) throw fault;
        now = { ...now, poll_ms: RETRY_MS };
      }
    }
    this.setBusy(false);
  }

  show({ html, notes, finished, announcement, attempts, can_submit: canSubmit }, { isFirst = false } = {}) {
    this.panel.innerHTML = html;
    this.panel.hidden = false;
    for (const fresh of this.panel.querySelectorAll("template[data-for]")) {
      document.getElementById(fresh.dataset.for)?.replaceChildren(fresh.content.cloneNode(true));
    }
    if (announcement) announce(announcement);
    for (const cell of this.notebook.cells) cell.setNotes(notes?.[cell.id] ?? "");
    if (isFirst || finished) {
      const news = this.panel.querySelector("[tabindex='-1']") ?? this.panel;
      news.focus({ preventScroll: true });
      this.panel.scrollIntoView({ block: "start" });
    }
    this.dispatchEvent(new CustomEvent("standing", { detail: { attempts, canSubmit } }));
  }

  setBusy(isBusy) {
    this.dispatchEvent(new CustomEvent("busy", { detail: isBusy }));
  }
}

// The page where an exercise is worked on: puts notebook, draft, runs and submission together. It is
// loaded by exercise.js when somebody comes to the notebook.

import { Api } from "./api.js";
import { helpers } from "./completion.js";
import { Draft } from "./draft.js";
import { choosePlain, prefersPlain } from "./editor.js";
import { openConflict, openHistory } from "./history.js";
import { Notebook } from "./notebook.js";
import { Runner } from "./runs.js";
import { Submission } from "./submission.js";
import { isTyped } from "./wanted.js";
import { announce, say } from "./words.js";

const root = document.querySelector("[data-workbench]");
const { dataset } = root;
const part = (name) => root.querySelector(`[data-part=${name}]`);
const dialog = (name) => document.querySelector(`dialog[data-dialog=${name}]`);
const facts = JSON.parse(document.querySelector("#workbench-facts").textContent);

const api = new Api(dataset.api, facts.person);
const hooks = {
  changed: () => draft.touched(),
  run: (cell, { moveOn }) => run(cell, moveOn),
  save: () => { draft.save().catch(() => {}); },
  complete: (...call) => help.complete(...call),
  inspect: (...call) => help.inspect(...call),
  announce,
};
const notebook = new Notebook(root.querySelector("[data-cells]"), hooks);
const draft = new Draft({
  api, notebook, version: facts.version, savedAt: facts.saved_at && new Date(facts.saved_at), person: facts.person, scope: facts.scope,
});
const help = helpers({ api, draft, notebook });
const runner = new Runner({ api, draft, notebook });
const submission = new Submission({ api, draft, notebook, panel: part("verdict") });

function run(cell, moveOn) {
  if (!cell.isCode) {
    cell.showText();
    draft.save().catch(() => {});
  } else {
    runner.start(cell);
  }
  if (moveOn) notebook.nextCode(cell)?.focus();
}

// --- what the bar says ---------------------------------------------------------------------------
const QUIET = new Set(["starter", "saved", "saving", "unsaved"]);
let conflict = null;

function sayDraftState({ detail: { state, changed, sentence } }) {
  const line = part("state");
  line.textContent = sentence;
  line.dataset.state = state;
  part("sign-in").hidden = state !== "session";
  part("choose").hidden = state !== "conflict";
  if (changed && !QUIET.has(state)) announce(sentence);
  if (changed && state === "saved" && part("said").classList.contains("is-trouble")) tell({ detail: { sentence: "" } });
}

draft.addEventListener("state", sayDraftState);
sayDraftState({ detail: { state: draft.state, changed: false, sentence: draft.sentence("") } });
draft.addEventListener("conflict", ({ detail }) => {
  conflict = detail;
  openConflict(dialog("conflict"), draft, conflict);
});
draft.addEventListener("takenup", () => announce(say("takenUp")));

function tell({ detail: { sentence, isTrouble } }) {
  const line = part("said");
  line.textContent = sentence;
  line.classList.toggle("is-trouble", Boolean(isTrouble));
}

runner.addEventListener("tell", tell);
submission.addEventListener("tell", tell);
runner.addEventListener("busy", () => {
  root.classList.toggle("is-running", runner.isBusy);
  part("run-all").hidden = runner.isBusy;
  part("interrupt").hidden = !runner.isBusy;
});
let canSubmit = facts.can_submit;
let isSubmitting = false;
function showSubmit() {
  part("submit").disabled = isSubmitting || !canSubmit;
  part("submit").setAttribute("aria-busy", String(isSubmitting));
}
submission.addEventListener("busy", ({ detail }) => {
  isSubmitting = detail;
  showSubmit();
});
submission.addEventListener("standing", ({ detail }) => {
  if (detail.attempts !== undefined) part("attempts").textContent = detail.attempts;
  if (detail.canSubmit !== undefined) canSubmit = detail.canSubmit;
  showSubmit();
});

// --- what the buttons do --------------------------------------------------------------------------
function refuse(fault) {
  const sentence = { offline: say("offlineAction"), session: say("sessionEnded"), large: say("fileTooLarge") }[fault.kind] ?? fault.message;
  tell({ detail: { sentence, isTrouble: true } });
  announce(sentence);
}

// What replaces the draft first saves it, so that the history has it.
async function replaceBy(post) {
  try {
    await draft.send(async (body) => {
      const { version: base } = body.cells ? await api.put("", { ...body, reason: "typed" }) : draft;
      const answer = await post(base);
      draft.replace(answer);
      const sentence = answer.notes?.join(" ") ?? "";
      tell({ detail: { sentence } });
      announce(sentence);
      return null;
    });
  } catch (fault) {
    if (!fault.problem?.current) refuse(fault);
  }
}

const actions = {
  run: (cell) => run(cell, false),
  "run-all": () => runner.start(null),
  interrupt: () => runner.interrupt(),
  save: () => hooks.save(),
  submit: () => submission.submit(),
  choose: () => openConflict(dialog("conflict"), draft, conflict),
  history: () => openHistory(dialog("history"), { api, draft }),
  "reset-all": () => {
    dialog("reset").returnValue = "";
    dialog("reset").showModal();
  },
  upload: () => part("file").click(),
  download: (_, link) => draft.save().then(() => location.assign(link.href), refuse),
  "edit-text": (cell) => cell.editText(),
  "show-text": (cell) => run(cell, false),
  "add-code": (cell) => notebook.add("code", cell),
  "add-text": (cell) => notebook.add("markdown", cell),
  "move-up": (cell) => notebook.move(cell, -1),
  "move-down": (cell) => notebook.move(cell, 1),
  delete: (cell) => notebook.remove(cell),
  "reset-cell": (cell) => {
    if (!(cell.id in facts.starter)) return announce(say("noStarter"));
    cell.source = facts.starter[cell.id];
    announce(say("cellReset"));
    return draft.save("reset").catch(() => {});
  },
};

root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  const action = button && actions[button.dataset.action];
  if (!action) return;
  event.preventDefault();
  const menu = button.closest("details[data-menu]");
  if (menu) menu.open = false;
  action(notebook.cellOf(button), button);
});
root.addEventListener("dblclick", (event) => {
  const cell = event.target.closest("[data-rendered]") && notebook.cellOf(event.target);
  if (cell) cell.editText();
});
// A verdict names cells; its links go there, and into the editor where a line is named.
root.addEventListener("click", (event) => {
  const link = event.target.closest("[data-go]");
  const cell = link && notebook.find(link.dataset.go);
  if (!cell) return;
  event.preventDefault();
  cell.focus({ line: Number(link.dataset.line) || undefined });
  cell.box.scrollIntoView({ block: "center" });
});

dialog("reset").addEventListener("close", () => {
  if (dialog("reset").returnValue === "reset") replaceBy((base) => api.post("reset/", { base }));
});
part("file").addEventListener("change", () => {
  const [file] = part("file").files;
  part("file").value = "";
  if (!file) return;
  replaceBy((base) => {
    const form = new FormData();
    form.append("base", base);
    form.append("notebook", file);
    return api.post("upload/", form);
  });
});

part("plain").checked = prefersPlain();
part("plain").addEventListener("change", () => {
  choosePlain(part("plain").checked);
  if (part("plain").checked) notebook.simplify();
  else notebook.watch();
});

// --- what is there already ------------------------------------------------------------------------
const typed = notebook.cells.filter(({ textarea }) => isTyped(textarea)).map((cell) => [cell, cell.source]);
draft.takeUpCopy();
for (const [cell, source] of typed) { // while this was loading
  if (cell.source === source) cell.edited();
  else cell.source = source;
}
if (facts.run) {
  for (const cell of notebook.codeCells()) cell.outputs.replaceChildren();
  runner.resume(facts.run);
}
if (facts.submission) submission.follow(facts.submission).catch(refuse);

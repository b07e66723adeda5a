// The dialogs: two versions of a draft side by side, and the history with its ways back.

import { element, say, sayTime } from "./words.js";

function column(title, cell) {
  const text = cell ? element("pre", { tabindex: "0" }, cell.source) : element("p", { class: "soft" }, say("cellAbsent"));
  return element("div", {}, element("p", { class: "label" }, title), text);
}

// Shows each cell that differs, one's own on the left.
export function showDifferences(place, mine, theirs, [mineTitle, theirsTitle]) {
  const own = new Map(mine.map((cell) => [cell.id, cell]));
  const other = new Map(theirs.map((cell) => [cell.id, cell]));
  const ids = [...new Set([...own.keys(), ...other.keys()])];
  const changed = ids.filter((id) => own.get(id)?.source !== other.get(id)?.source);
  place.replaceChildren(...changed.map((id) => element(
    "div", { class: "versions" }, column(mineTitle, own.get(id)), column(theirsTitle, other.get(id)),
  )));
  if (!changed.length) place.append(element("p", { class: "soft" }, say("noDifference")));
}

export function openConflict(dialog, draft, current) {
  const place = dialog.querySelector("[data-differences]");
  const { signal, abort } = closing(dialog);
  dialog.querySelector("[data-when]").textContent = say("conflictWhen", { time: sayTime(new Date(current.saved_at)) });
  place.replaceChildren();
  const choose = (name, act) => {
    dialog.querySelector(`[data-choose=${name}]`).addEventListener("click", act, { signal });
  };
  const settle = (act) => async () => {
    try {
      await act(current);
      abort();
      dialog.close();
    } catch (fault) {
      if (fault.problem.current) return; // changed again: the dialog opens anew with that
      dialog.querySelector("[data-trouble]").textContent = fault.kind === "offline" ? say("offline") : fault.message;
    }
  };
  choose("mine", settle((theirs) => draft.keepMine(theirs)));
  choose("theirs", settle((theirs) => draft.takeTheirs(theirs)));
  choose("compare", () => showDifferences(place, draft.notebook.toJSON(), current.cells, [say("mine"), say("theirs")]));
  if (!dialog.open) dialog.showModal();
}

function closing(dialog) {
  dialog.controller?.abort();
  dialog.controller = new AbortController();
  dialog.querySelector("[data-trouble]").textContent = "";
  return { signal: dialog.controller.signal, abort: () => dialog.controller.abort() };
}

export async function openHistory(dialog, { api, draft }) {
  const list = dialog.querySelector("[data-versions]");
  const place = dialog.querySelector("[data-differences]");
  const trouble = dialog.querySelector("[data-trouble]");
  closing(dialog);
  place.replaceChildren();
  list.replaceChildren(element("li", { class: "soft" }, say("loading")));
  if (!dialog.open) dialog.showModal();

  const attempt = async (act) => {
    try {
      trouble.textContent = "";
      await act();
    } catch (fault) {
      trouble.textContent = fault.kind === "offline" ? say("historyOffline") : fault.message;
    }
  };
  const entry = ({ version, saved_at: savedAt, label }) => {
    const time = sayTime(new Date(savedAt));
    const view = element("button", { class: "button button--quiet button--small", type: "button", "aria-expanded": "false" }, say("compare"));
    const back = element("button", { class: "button button--quiet button--small", type: "button" }, say("goBack"));
    for (const button of [view, back]) button.setAttribute("aria-describedby", `version-${version}`);
    view.addEventListener("click", () => attempt(async () => {
      const { cells } = await api.get(`history/${version}/`);
      for (const other of list.querySelectorAll("[aria-expanded]")) other.setAttribute("aria-expanded", String(other === view));
      showDifferences(place, draft.notebook.toJSON(), cells, [say("now"), time]);
      place.scrollIntoView({ block: "nearest" });
    }));
    back.addEventListener("click", () => attempt(async () => {
      await draft.send(async (body) => {
        const { version: base } = body.cells ? await api.put("", { ...body, reason: "typed" }) : draft;
        draft.replace(await api.post("restore/", { base, version }));
        return null;
      });
      dialog.close();
    }));
    return element("li", {}, element("span", { id: `version-${version}` }, element("strong", {}, time), " ", label), view, back);
  };
  await attempt(async () => {
    const { versions } = await api.get("history/");
    list.replaceChildren(...versions.map(entry));
    if (!versions.length) list.append(element("li", { class: "soft" }, say("historyEmpty")));
  });
  if (trouble.textContent) list.replaceChildren();
}

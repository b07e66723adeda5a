// Completion and signatures: from the process that ran the cells so far, else from the words at hand.

import { toPython } from "./editor.js";

const PATIENCE_MS = 1_500;
const MOST_ITEMS = 100;
const KEYWORDS = `
  and as assert break class continue def del elif else except False finally for from global if import in is lambda None
  nonlocal not or pass raise return True try while with yield abs all any dict enumerate float int isinstance len list max
  min print range reversed round set sorted str sum tuple type zip`.trim().split(/\s+/);

function wordsAtHand(notebook, source, cursor) {
  const before = [...source].slice(0, cursor).join("");
  const [, dot, start] = before.match(/(\.?)([\p{L}\p{N}_]*)$/u);
  const text = notebook.codeCells().map((cell) => cell.source).join("\n");
  const pattern = dot ? /\.([\p{L}_][\p{L}\p{N}_]*)/gu : /(?<![\p{N}_])([\p{L}_][\p{L}\p{N}_]*)/gu;
  const words = new Set(dot ? [] : KEYWORDS);
  for (const [, word] of text.matchAll(pattern)) words.add(word);
  words.delete(start);
  const items = [...words].filter((word) => word.startsWith(start)).sort().slice(0, MOST_ITEMS);
  return { from: cursor - toPython(start, start.length), items: items.map((label) => ({ label, type: "text" })) };
}

export function helpers({ api, draft, notebook }) {
  // What stands before the cell is sent only while the server does not have it.
  const ask = (path, cell, source, cursor) => {
    const cells = draft.isDirty ? notebook.toJSON() : null;
    return api.post(path, { base: draft.version, cells, cell: cell.id, source, cursor }, { patience: PATIENCE_MS });
  };
  return {
    async complete(cell, source, cursor) {
      const found = await ask("complete/", cell, source, cursor).catch(() => null);
      return found?.items.length ? found : wordsAtHand(notebook, source, cursor);
    },
    inspect: (cell, source, cursor) => ask("inspect/", cell, source, cursor).catch(() => null),
  };
}

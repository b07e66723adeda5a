// The code editor: CodeMirror over a text area. The text area stays the one that holds the text, so
// that everything else works the same with it alone: without the bundle, or for those who prefer it.

import { composed } from "./wanted.js";
import { element, say } from "./words.js";

const root = document.querySelector("[data-editor-src]");
const nonce = document.querySelector("script[nonce]")?.nonce ?? "";
const SETTLED_KEYS = new Set(["Escape", "Tab", "Shift", "Control", "Alt", "Meta"]);

let library;
let tries = 0; // a browser remembers that an import failed: then the address is another one
function load() {
  const { editorSrc } = root.dataset;
  library ??= import(tries ? `${editorSrc}?${tries}` : editorSrc).then(prepared).catch((fault) => {
    library = undefined; // no connection: the next one that comes into view asks again
    tries += 1;
    throw fault;
  });
  return library;
}

export function prefersPlain() {
  return /(?:^|; )editor=plain/.test(document.cookie);
}

export function choosePlain(plain) {
  const age = plain ? 31_536_000 : 0;
  document.cookie = `editor=plain; path=/; max-age=${age}; samesite=lax`;
}

function prepared(cm) {
  const { tags: t } = cm;
  const setErrorLine = cm.StateEffect.define();
  const errorLine = cm.StateField.define({
    create: () => cm.Decoration.none,
    update(marks, change) {
      for (const effect of change.effects) {
        if (!effect.is(setErrorLine)) continue;
        const { doc } = change.state;
        if (!effect.value || effect.value > doc.lines) return cm.Decoration.none;
        const mark = cm.Decoration.line({ class: "cm-error-line" });
        return cm.Decoration.set([mark.range(doc.line(effect.value).from)]);
      }
      return change.docChanged ? cm.Decoration.none : marks;
    },
    provide: (field) => cm.EditorView.decorations.from(field),
  });
  const setSignature = cm.StateEffect.define();
  const signature = cm.StateField.define({
    create: () => null,
    update(shown, change) {
      for (const effect of change.effects) if (effect.is(setSignature)) return effect.value;
      return change.docChanged || change.selection ? null : shown;
    },
    provide: (field) => cm.showTooltip.from(field),
  });
  const colours = cm.tagHighlighter([
    { tag: [t.keyword, t.operatorKeyword, t.modifier], class: "tok-keyword" },
    { tag: [t.number, t.bool, t.null, t.atom], class: "tok-number" },
    { tag: [t.string, t.special(t.string)], class: "tok-string" },
    { tag: t.comment, class: "tok-comment" },
    { tag: [t.function(t.definition(t.variableName)), t.definition(t.className)], class: "tok-definition" },
    { tag: [t.standard(t.variableName), t.self], class: "tok-builtin" },
    { tag: [t.operator, t.punctuation], class: "tok-operator" },
  ]);
  return { ...cm, setErrorLine, errorLine, setSignature, signature, colours };
}

function isAfterName(state) {
  const { main } = state.selection;
  if (!main.empty) return false;
  return /[\p{L}\p{N}_.]$/u.test(state.doc.lineAt(main.head).text.slice(0, main.head - state.doc.lineAt(main.head).from));
}

// Python counts characters, JavaScript UTF-16 units: an emoji is one there and two here.
export const toPython = (text, units) => [...text.slice(0, units)].length;
export const fromPython = (text, characters) => [...text].slice(0, characters).join("").length;

function completionSource(hooks) {
  return async (context) => {
    const source = context.state.doc.toString();
    const found = await hooks.complete(source, toPython(source, context.pos));
    if (context.aborted || !found?.items.length) return null;
    return {
      from: fromPython(source, found.from),
      options: found.items.map(({ label, type, detail }) => ({ label, type, detail })),
      validFor: /^\w*$/,
    };
  };
}

// Chromium gives text that is typed in place of coloured text its old colour by an inline style, which
// the policy refuses and reports. So typed text is put in by the editor itself, unless an input method
// or a touch keyboard, which follow what the page shows, is at work.
const usesTouch = matchMedia("(pointer: coarse)");
function typeText(cm) {
  return (event, view) => {
    const { data } = event;
    if (event.inputType !== "insertText" || !data || !event.cancelable || view.composing || usesTouch.matches) return false;
    const { from, to } = view.state.selection.main;
    const insert = () => view.state.update(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
    const handlers = view.state.facet(cm.EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, from, to, data, insert))) view.dispatch(insert());
    return true;
  };
}

function signatureBox({ name, signature, doc }) {
  const dom = element(
    "div", { class: "signature", role: "note" },
    element("pre", {}, element("strong", {}, name), signature ?? ""), element("p", {}, doc || say("noDocumentation")),
  );
  return dom;
}

// Returns the view, its text kept equal to the text area's.
export async function openEditor(textarea, { label, described, hooks }) {
  const cm = await load();
  await composed(textarea);
  const showSignature = (view) => {
    const source = view.state.doc.toString();
    const { head } = view.state.selection.main;
    hooks.inspect(source, toPython(source, head)).then((found) => {
      if (!found?.found) return hooks.announce(say("noSignature"));
      const tooltip = { pos: head, above: true, create: () => ({ dom: signatureBox(found) }) };
      view.dispatch({ effects: cm.setSignature.of(tooltip) });
      return hooks.announce(`${found.name}${found.signature ?? ""}`);
    });
    return true;
  };
  const keys = [
    { key: "Shift-Enter", run: () => hooks.run({ moveOn: true }) },
    { key: "Mod-Enter", run: () => hooks.run({ moveOn: false }) },
    { key: "Ctrl-Enter", run: () => hooks.run({ moveOn: false }) },
    { key: "Mod-s", run: () => hooks.save() },
    {
      key: "Tab",
      run: (view) => {
        if (cm.completionStatus(view.state) === "active") return cm.acceptCompletion(view);
        return isAfterName(view.state) ? cm.startCompletion(view) : cm.indentMore(view);
      },
      shift: (view) => {
        const { main } = view.state.selection;
        const line = view.state.doc.lineAt(main.head);
        const before = line.text.slice(0, main.head - line.from);
        return main.empty && /[\w(,]\s*$/.test(before) ? showSignature(view) : cm.indentLess(view);
      },
    },
    {
      key: "Escape",
      run: (view) => {
        if (!view.state.field(cm.signature)) return false;
        view.dispatch({ effects: cm.setSignature.of(null) });
        return true;
      },
    },
  ];
  const view = new cm.EditorView({
    doc: textarea.value,
    extensions: [
      cm.EditorView.cspNonce.of(nonce),
      cm.Prec.highest(cm.keymap.of(keys)),
      cm.lineNumbers(), cm.history(), cm.highlightSpecialChars(), cm.indentOnInput(), cm.bracketMatching(), cm.closeBrackets(),
      cm.autocompletion({ override: [completionSource(hooks)], activateOnTyping: false, icons: false }),
      cm.pythonLanguage, cm.indentUnit.of("    "), cm.syntaxHighlighting(cm.colours), cm.errorLine, cm.signature,
      cm.keymap.of([...cm.closeBracketsKeymap, ...cm.completionKeymap, ...cm.historyKeymap, ...cm.defaultKeymap]),
      cm.EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": described, tabindex: "0", autocapitalize: "off", spellcheck: "false" }),
      cm.EditorView.domEventHandlers({ beforeinput: typeText(cm) }),
      cm.EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        textarea.value = update.state.doc.toString();
        hooks.changed();
      }),
    ],
  });
  // After Escape, Tab leaves the editor until another key is pressed, however long one takes.
  let leaving = false;
  const setLeaving = (wanted) => {
    if (leaving !== wanted) view.setTabFocusMode(wanted);
    leaving = wanted;
  };
  view.contentDOM.addEventListener("keydown", (event) => {
    if (event.key === "Escape") setLeaving(leaving || !event.defaultPrevented);
    else if (!SETTLED_KEYS.has(event.key)) setLeaving(false);
  });
  view.contentDOM.addEventListener("blur", () => setLeaving(false));
  const hadFocus = document.activeElement === textarea;
  const { selectionStart: anchor, selectionEnd: head } = textarea;
  textarea.hidden = true;
  textarea.after(view.dom);
  if (hadFocus) {
    view.focus();
    view.dispatch({ selection: { anchor, head } });
  }
  return {
    view,
    setText: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    markLine: (line) => view.dispatch({ effects: cm.setErrorLine.of(line) }),
    goTo(line) {
      const place = view.state.doc.line(Math.min(line, view.state.doc.lines)).from;
      view.dispatch({ selection: { anchor: place } });
    },
  };
}

"""The pieces of the notebook's scripts that need no server, in a real browser on a real page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.live_site import TREESHAP

if TYPE_CHECKING:
    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser
MODULES = "/static/js/workbench"


def _call(visitor: Visitor, module: str, body: str, argument: Any = None) -> Any:
    """Run a function body with the exports of a module as `m`, and return what it returns."""
    visitor.go("/")
    script = f"async (x) => {{ const m = await import('{MODULES}/{module}.js'); {body} }}"
    return visitor.page.evaluate(script, argument)


def test_a_table_keeps_its_cells_and_nothing_that_acts(visitor: Visitor) -> None:
    """Scripts, handlers, links, pictures, forms, ids and classes do not come through."""
    html = (
        '<div><table class="dataframe" id="main" border="1"><thead><tr><th scope="col">a</th></tr>'
        '</thead><tbody><tr><td colspan="2" onclick="alert(1)">1 &lt; 2</td></tr></tbody></table>'
        '<script>alert(1)</script><a href="javascript:alert(1)">link</a><img src="x" alt="">'
        '<form action="/"><input name="q"><button>go</button></form>'
        '<iframe srcdoc="x"></iframe></div>'
    )
    body = (
        "const box = document.createElement('div'); box.append(...m.cleanHtml(x));"
        "return box.innerHTML;"
    )

    assert _call(visitor, "outputs", body, html) == (
        '<div><table><thead><tr><th scope="col">a</th></tr></thead>'
        '<tbody><tr><td colspan="2">1 &lt; 2</td></tr></tbody></table>linkgo</div>'
    )


def test_a_stream_goes_on_in_its_element(visitor: Visitor) -> None:
    """Pieces of stdout make one block; stderr and a result have their own; text stays text."""
    outputs = [
        {"type": "stream", "name": "stdout", "text": "<b>one"},
        {"type": "stream", "name": "stdout", "text": " two"},
        {"type": "stream", "name": "stderr", "text": "warning"},
        {"type": "stream", "name": "stdout", "text": "three"},
        {"type": "text", "text": "4"},
        {"type": "of another version"},
    ]
    body = (
        "const box = document.createElement('div'); for (const one of x) m.addOutput(box, one);"
        "return [...box.children].map((child) => [child.className, child.textContent]);"
    )

    assert _call(visitor, "outputs", body, outputs) == [
        ["output output--stdout", "<b>one two"],
        ["output output--stderr", "warning"],
        ["output output--stdout", "three"],
        ["output output--result", "4"],
    ]


def test_a_cursor_is_counted_as_python_counts(visitor: Visitor) -> None:
    """An emoji is two units in JavaScript and one character in Python."""
    body = (
        "return [m.toPython(x, 4), m.fromPython(x, 3), m.toPython('', 0), m.fromPython('ab', 9)];"
    )

    assert _call(visitor, "editor", body, "a😀b😀c") == [3, 4, 0, 2]


def test_without_a_checkpoint_the_notebook_s_words_complete(visitor: Visitor) -> None:
    """After a dot come the attributes that the notebook uses, else its names and Python's own."""
    body = """
      const source = "explainer = shap.TreeExplainer(model)\\nexplain_all = explainer.values";
      const cells = [{ source }];
      const notebook = { codeCells: () => cells, toJSON: () => [] };
      const api = { post: () => Promise.reject(new Error("offline")) };
      const help = m.helpers({ api, draft: { isDirty: false, version: 1 }, notebook });
      const labels = async (source) => {
        const { from, items } = await help.complete({ id: "a" }, source, source.length);
        return [from, items.map(({ label }) => label)];
      };
      return [await labels("expl"), await labels("x = shap.T"), await labels("whi")];
    """

    assert _call(visitor, "completion", body) == [
        [0, ["explain_all", "explainer"]],
        [9, ["TreeExplainer"]],
        [0, ["while"]],
    ]


def test_what_is_pressed_again_while_it_loads_is_done_once(visitor: Visitor) -> None:
    """In the order of the first presses; once it has loaded each press counts."""
    body = """
      const box = document.createElement("div");
      const button = (name) => `<button data-action="${name}">${name}</button>`;
      box.innerHTML = button("run") + button("save");
      document.body.append(box);
      const done = [];
      box.addEventListener("click", ({ target }) => done.push(target.textContent));
      let arrive;
      m.whenWanted([box], () => new Promise((loaded) => { arrive = loaded; }), () => {});
      const [run, save] = box.children;
      for (const one of [run, run, save, run]) one.click();
      const early = done.length;
      arrive();
      await new Promise((settled) => { setTimeout(settled); });
      run.click();
      run.click();
      box.remove();
      return [early, done];
    """

    assert _call(visitor, "wanted", body) == [0, ["run", "save", "run", "run"]]


def test_an_editor_waits_for_a_word_that_was_begun_before_it_was_asked_for(
    visitor: Visitor,
) -> None:
    """An input method's word would be lost with the text area, which the editor replaces."""
    body = """
      const area = document.createElement("textarea");
      document.body.append(area);
      area.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
      const told = [];
      const settled = () => new Promise((done) => { setTimeout(done); });
      m.composed(area).then(() => told.push("composed"));
      await settled();
      told.push("composing");
      area.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
      await settled();
      m.composed(area).then(() => told.push("nothing to wait for"));
      await settled();
      area.remove();
      return told;
    """

    assert _call(visitor, "wanted", body) == ["composing", "composed", "nothing to wait for"]


def test_an_editor_that_is_not_wanted_any_more_does_not_come(visitor: Visitor, email: str) -> None:
    """Closed and opened again while it loads: one editor, which keeps what is typed."""
    visitor.arrive(email)
    visitor.go(f"/exercises/{TREESHAP}/")
    seen = visitor.page.evaluate(
        """async (modules) => {
          const { Cell } = await import(`${modules}/cell.js`);
          const { content } = document.querySelector("#cell-code");
          const box = content.firstElementChild.cloneNode(true);
          Object.assign(box.dataset, { cell: "x", kind: "code" });
          document.body.append(box);
          const cell = new Cell(box, { changed() {} });
          const seen = [];
          const look = async () => {
            await new Promise((done) => { setTimeout(done); });
            seen.push([box.querySelectorAll(".cm-editor").length, cell.textarea.hidden]);
          };
          const first = cell.enrich();
          cell.simplify();
          await first;
          await look();
          const second = cell.enrich();
          cell.simplify();
          await Promise.all([second, cell.enrich()]);
          await look();
          cell.source = "typed";
          seen.push(cell.editor.view.state.doc.toString());
          cell.simplify();
          await look();
          box.remove();
          return seen;
        }""",
        MODULES,
    )

    assert seen == [[0, False], [1, True], "typed", [0, False]]

"""Markdown becomes pages: formulas, figures, code, folded answers; nothing unsafe comes through."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.authoring.lesson_page import render_lesson
from courses.markup.cleaning import clean
from courses.markup.figures import FigureFile
from courses.markup.problems import InvalidContentError
from courses.markup.rendering import Source, render_fragment, render_page

FIGURES = {
    "bars.light.svg": FigureFile("/figures/1/bars.light.svg", 96, 48),
    "bars.dark.svg": FigureFile("/figures/2/bars.dark.svg", 96, 48),
    "play.json": FigureFile(
        "/figures/3/play.json", data={"renderer": "slider", "table": [["x", "y"], [1, "<b>"]]}
    ),
}
SOURCE = Source("lesson.md", figures=FIGURES)


def html(text: str) -> str:
    """Return rendered Markdown."""
    return render_page(text, SOURCE).html


def test_formulas_become_mathml() -> None:
    """Inline and displayed formulas are drawn by the browser, without a script."""
    page = html("Let $x^2$ be.\n\n$$\\sum_i \\phi_i$$\n")

    assert '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline">' in page
    assert '<div class="math-block" tabindex="0" role="group" aria-label="Formula' in page
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in page


def test_a_figure_has_both_themes_a_text_and_a_caption() -> None:
    """Both drawings carry the text, their size, and the caption stands once."""
    page = html('![Two bars.](figures/bars.svg "By $n$.")')

    assert page.count('alt="Two bars."') == 2
    assert 'class="only-light" src="/figures/1/bars.light.svg"' in page
    assert 'class="only-dark" src="/figures/2/bars.dark.svg"' in page
    assert page.count('width="96" height="48"') == 2
    assert page.count("<figcaption>By <math") == 1


def test_an_interactive_figure_can_be_read_as_a_table() -> None:
    """Without its script an interactive figure is its text and a table; values are escaped."""
    page = html('![Move it.](interactive:play "Try.")')

    assert 'data-renderer="slider" data-src="/figures/3/play.json"' in page
    assert "Move it." in page
    assert '<th scope="col">x</th>' in page
    assert "<td>&lt;b&gt;</td>" in page


def test_an_interactive_figure_may_have_a_still_picture() -> None:
    """Where no script runs, a drawing in both themes and its sentence stand for the figure."""
    data = {
        "renderer": "slider",
        "table": [["x"], ["1"]],
        "still": {"picture": "bars", "sentence": "1 < 2."},
    }
    files = FIGURES | {"play.json": FigureFile("/figures/3/play.json", data=data)}
    page = render_page("![Move it.](interactive:play)", Source("lesson.md", figures=files)).html

    still = page[page.index('<div class="still">') : page.index("<details>")]
    assert 'class="only-light" src="/figures/1/bars.light.svg" alt="Move it."' in still
    assert 'class="only-dark" src="/figures/2/bars.dark.svg"' in still
    assert "<p>1 &lt; 2.</p>" in still


def test_a_percentage_of_a_figure_keeps_its_sign() -> None:
    """In description, sentence and table the space before a percent sign does not break."""
    data = {
        "renderer": "slider",
        "table": [["x"], ["48.1 %"]],
        "still": {"picture": "bars", "sentence": "1 = 4 %."},
    }
    files = FIGURES | {"play.json": FigureFile("/figures/3/play.json", data=data)}

    page = render_page("![To 9 %](interactive:play)", Source("lesson.md", figures=files)).html

    for words in (
        "To 9&nbsp;%",
        "1 = 4&nbsp;%.",
        ">48.1&nbsp;%<",
    ):
        assert words in page


def test_code_is_coloured_by_classes_and_output_is_shown() -> None:
    """No inline style anywhere; what a block prints stands in its own box."""
    page = html("```python run\nx = 1\n```\n\n```text output\n1\n```\n")

    assert "style=" not in page
    assert 'class="code highlight code-run"' in page
    assert '<span class="mi">1</span>' in page
    assert '<div class="code-output">' in page
    assert "<samp>1\n</samp>" in page


def test_tables_can_be_scrolled_with_the_keyboard() -> None:
    """A table stands in a labelled region that takes the focus."""
    assert '<div class="scroll-x" tabindex="0" role="group" aria-label=' in html(
        "| a |\n|---|\n| 1 |\n"
    )


def test_headings_have_anchors_and_a_table_of_contents() -> None:
    """Two headings of the same name get different anchors."""
    page = render_page("## One\n\n### Two\n\n## One\n", SOURCE)

    assert [(entry.id, entry.level) for entry in page.contents] == [
        ("one", 2),
        ("two", 3),
        ("one-2", 2),
    ]
    assert '<h2 id="one-2">One</h2>' in page.html


def test_answers_of_check_yourself_are_folded_away() -> None:
    """Each question is the summary of its answer, and quotations elsewhere stay quotations."""
    sections = ["Why it matters", "Intuition", "Method", "Code", "How one is misled"]
    text = "".join(f"## {title}\n\n> Quoted.\n\n" for title in sections)
    text += (
        "## Check yourself\n\n> Why?\n\n**Answer.** So.\n\nMore.\n\n> And?\n\n**Answer.** Yes.\n"
    )
    page = render_lesson(text, SOURCE)

    assert page.html.count("<blockquote>") == 5
    assert page.html.count('<details class="self-check">') == page.html.count("</details>") == 2
    assert page.html.index("More.") < page.html.index("</details>")


def test_anchors_of_sections_are_the_same_in_every_language() -> None:
    """A translated lesson keeps the anchors, so that links to a section hold."""
    titles = ["Pourquoi", "Intuition", "Méthode", "Code", "Pièges", "Vérifiez"]
    text = "".join(f"## {title}\n\nMots.\n\n" for title in titles)

    page = render_lesson(text, Source("lesson.md", language="fr"))

    assert [entry.id for entry in page.contents][:3] == ["why-it-matters", "intuition", "method"]


def test_reading_time_counts_words_code_and_figures() -> None:
    """220 words take a minute; code, figures and formulas add to it."""
    words = "word " * 440
    code = "```python\n" + "x = 1\n" * 20 + "```\n"
    figures = "![Bars.](figures/bars.svg)\n\n" * 4

    assert render_page(words, SOURCE).minutes == 2
    assert render_page(f"{words}\n\n{code}", SOURCE).minutes == 3
    assert render_page(f"{words}\n\n{code}\n\n{figures}", SOURCE).minutes == 4


def test_the_search_text_has_words_and_no_marks() -> None:
    """What can be read is there; tags are not."""
    text = render_page("A *zebra*s & $x^2$ `code`\n\n```python\nf(x)\n```\n\nEnd\n", SOURCE).text

    assert text == "A zebras & x2 code f(x) End"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[a](javascript:alert(1))",
        "[a](data:text/html;base64,AAAA)",
        '```"><script>alert(1)</script>\nx\n```',
        "$\\href{javascript:alert(1)}{x}$",
    ],
)
def test_nothing_that_acts_comes_through(text: str) -> None:
    """Raw HTML is text; addresses that run are refused or dropped."""
    try:
        page = html(text)
    except InvalidContentError:
        return
    assert "<script" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert 'href="data' not in page


def test_cleaning_takes_handlers_and_styles_away() -> None:
    """The last gate holds even for HTML that Markdown would never make."""
    dirty = (
        '<p style="x" onclick="y">a</p><iframe src="z"></iframe><math><mi href="w">i</mi></math>'
    )

    assert clean(dirty) == "<p>a</p><math><mi>i</mi></math>"


def test_a_short_text_has_no_paragraph() -> None:
    """One paragraph stands alone, for labels; two keep their marks."""
    assert render_fragment("*a*", SOURCE) == "<em>a</em>"
    assert render_fragment("a\n\nb", SOURCE).count("<p>") == 2


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("#`$\\{}[]()!<>|*_-=\n a1x\"'&~"), max_size=80))
def test_no_text_breaks_the_renderer(text: str) -> None:
    """Any text is a page or a content error, and never holds a script."""
    try:
        page = html(text)
    except InvalidContentError:
        return
    assert "<script" not in page


def test_a_description_that_asks_the_reader_is_shown_to_all() -> None:
    """The page may hide what only describes an interactive figure, never a question."""
    data = {"renderer": "slider", "table": [["x"], ["1"]]}
    files = FIGURES | {"play.json": FigureFile("/figures/3/play.json", data=data)}

    def described(words: str) -> str:
        return render_page(f"![{words}](interactive:play)", Source("lesson.md", figures=files)).html

    assert 'class="interactive-summary interactive-question"' in described("Which moves it most?")
    assert 'class="interactive-summary"' in described("A slider and a bar.")

"""A lesson's Markdown as a page: its parts, its micro-tasks, the answers of self-checks folded."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from courses.authoring.lesson_boxes import BOXES, unknown_marks, with_boxes, with_pairs
from courses.authoring.lesson_parts import part_problems, take_marks
from courses.authoring.lesson_tasks import is_task, read_task, task_fences
from courses.markup.cleaning import plain_text
from courses.markup.problems import InvalidContentError, Problem
from courses.markup.rendering import Page, Rendering, Source, html_token
from courses.microtasks.definitions import placeholder

if TYPE_CHECKING:
    from markdown_it.token import Token

    from courses.authoring.lesson_tasks import TaskFence
    from courses.microtasks.definitions import Task

SELF_CHECK: Final = "check-yourself"
"""The role of the part whose block quotes are questions."""
_TASK: Final = placeholder("").partition('""')[0]


@dataclass(frozen=True)
class LessonPage(Page):
    """A rendered lesson.

    Attributes:
        tasks: its micro-tasks; a placeholder stands for each in the HTML.
        seconds_to_first_task: of reading; None without a task.
    """

    tasks: tuple[Task, ...] = ()
    seconds_to_first_task: float | None = None


def render_lesson(text: str, source: Source) -> LessonPage:
    """Return a lesson's Markdown as a page.

    Raises:
        InvalidContentError: a required part is missing, a task is wrong, or as `render_page`.
    """
    rendering = _LessonRendering(text, source)
    page = rendering.page()
    tasks = tuple(rendering.tasks)
    words = " ".join(plain_text(task.prompt) for task in tasks)
    facts = {field.name: getattr(page, field.name) for field in fields(page)}
    facts["text"] = f"{page.text} {words}".strip()
    return LessonPage(**facts, tasks=tasks, seconds_to_first_task=rendering.seconds_to_first_task)


class _LessonRendering(Rendering):
    """A rendering that knows the parts and the micro-tasks of a lesson."""

    def __init__(self, text: str, source: Source) -> None:
        super().__init__(text, source)
        self.tasks: list[Task] = []
        self.seconds_to_first_task: float | None = None
        self.parts = take_marks(self.tokens, source.language)
        for token, roles in self.parts:
            token.meta["roles"] = roles
        self.fences, found = task_fences(self.tokens, source.file, source.skipped_lines)
        self.problems.extend(found)

    def anchor(self, token: Token, title: str) -> str:
        roles = token.meta.get("roles", [])
        return roles[0] if roles else super().anchor(token, title)

    def check(self) -> None:
        line = self.source.skipped_lines + 1
        self.problems.extend(
            Problem(self.source.file, line, reason) for reason in part_problems(self.parts)
        )
        for token, mark in unknown_marks(self.tokens):
            self.refuse(token, f"There is no box [!{mark}]; the marks are {', '.join(BOXES)}.")
        for fence in self.fences:
            try:
                self.tasks.append(read_task(fence, self.source))
            except InvalidContentError as error:
                self.problems.extend(error.problems)

    def check_fence(self, token: Token) -> None:
        if not is_task(token):
            super().check_fence(token)
            return
        if self.seconds_to_first_task is None:
            self.seconds_to_first_task = self.seconds
        for fence in self.fences:
            if self.tokens[fence.position] is token:
                self.words += sum(len(words.split()) for words in _words_of(fence))

    def arrange(self, tokens: list[Token]) -> list[Token]:
        return _with_folded_answers(with_pairs(self._with_tasks(with_boxes(tokens))))

    def _with_tasks(self, tokens: list[Token]) -> list[Token]:
        """Return the tokens, a placeholder for each task and for the output that it folds."""
        names = {id(self.tokens[one.position]): one.facts for one in self.fences}
        kept: list[Token] = []
        folds = False
        for token in tokens:
            facts = names.get(id(token))
            if facts is not None:
                kept.append(html_token(placeholder(facts["id"])))
            elif not folds:
                kept.append(token)
            folds = facts is not None and facts["kind"] == "predict"
        return kept


def _words_of(fence: TaskFence) -> list[str]:
    facts = fence.facts
    choices = [one["text"] for one in facts.get("choices", [])]
    return [facts["prompt"], *choices, *facts.get("report", []), facts.get("code", "")]


def _with_folded_answers(tokens: list[Token]) -> list[Token]:
    """Return the tokens, each question of the self-check folded over its answer."""
    folded: list[Token] = []
    in_part = is_open = False
    for token in tokens:
        at_top = token.level == 0
        if at_top and token.type == "heading_open" and token.tag == "h2":
            in_part = SELF_CHECK in token.meta.get("roles", [])
        ends = at_top and (
            token.type in {"heading_open", "blockquote_open"} or token.content.startswith(_TASK)
        )
        if is_open and ends:
            folded.append(html_token("</div></details>"))
            is_open = False
        if in_part and at_top and token.type == "blockquote_open":
            folded.append(html_token('<details class="self-check"><summary>'))
        elif in_part and at_top and token.type == "blockquote_close":
            folded.append(html_token('</summary><div class="self-check-answer">'))
            is_open = True
        elif in_part and not is_open and token.type.startswith("paragraph_") and not at_top:
            continue  # a summary holds words, no paragraph
        else:
            folded.append(token)
    if is_open:
        folded.append(html_token("</div></details>"))
    return folded

"""The executed notebook as HTML: rendered and sanitised once, bounded in size and in time.

Every step takes time linear in its bounded input, or stands under the page's time limit; what
exceeds a bound is shown as plain text, or replaced by a note that says what was left out. Nothing
here loads anything: pictures come with the notebook, scripts and links go.
"""

from grader.notebook_page.page import MAX_PAGE_CHARACTERS, render_notebook

__all__ = ["MAX_PAGE_CHARACTERS", "render_notebook"]

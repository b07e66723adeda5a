"""The grader's messages by id, in English; the interface translates them.

Placeholders are `str.format` names, filled from a message's `facts`. No sentence contains a
reference value or an exact distance to one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.family_texts import FAMILIES
from grader.translatable import gettext_noop

if TYPE_CHECKING:
    from collections.abc import Mapping


NOTEBOOK: dict[str, str] = {
    "notebook.too_large": gettext_noop(
        "The file is {size} MiB; the limit is {limit} MiB. "
        "Clear all outputs, save the notebook and submit it again."
    ),
    "notebook.too_large_upload": gettext_noop(
        "The file is {size} MiB with its outputs; the limit is {limit} "
        "MiB. Clear all outputs, save the notebook and submit it again."
    ),
    "notebook.zip": gettext_noop(
        "This is a ZIP archive, not a notebook. Unpack it and submit the .ipynb file inside."
    ),
    "notebook.html": gettext_noop(
        "This is a notebook exported as HTML. Choose File > Download > Download "
        ".ipynb (or Save as) and submit that file."
    ),
    "notebook.python_file": gettext_noop(
        "This is a Python file (.py), not a notebook. Submit the .ipynb file; "
        "code from elsewhere can be copied into the starter notebook."
    ),
    "notebook.not_utf8": gettext_noop(
        "The file isn't saved as UTF-8 (line {line}); it may be Windows-1252. "
        "Open it in Jupyter and save it again, or choose the encoding UTF-8 in your editor."
    ),
    "notebook.untouched": gettext_noop(
        "This is the starter notebook: no cell has changed. "
        "Complete it, save it and submit it again. This doesn't count as an attempt."
    ),
    "notebook.empty": gettext_noop("The file is empty. Save the notebook and submit it again."),
    "notebook.not_text": gettext_noop(
        "This isn't a Jupyter notebook but another kind of file (an image, an "
        "archive or a document). Submit the .ipynb file saved by Jupyter."
    ),
    "notebook.too_deep": gettext_noop(
        "The file has more than {limit} levels of nested brackets, which no "
        "notebook has. Save it again in Jupyter and submit that file."
    ),
    "notebook.too_complex": gettext_noop(
        "The file holds more than {limit} lists and objects, which no notebook "
        "needs. Clear its outputs and widget state, save it and submit it again."
    ),
    "notebook.not_json": gettext_noop(
        "The file isn't valid JSON (line {line}). It may be incomplete or edited "
        "by hand: open it in Jupyter, save it and submit it again."
    ),
    "notebook.not_a_notebook": gettext_noop(
        "The file is JSON, but not a Jupyter notebook. Submit the .ipynb file saved by Jupyter."
    ),
    "notebook.other_format": gettext_noop(
        "The notebook uses format {found}; format 4 is required. "
        "Convert it with: jupyter nbconvert --to notebook --nbformat 4 FILE"
    ),
    "notebook.too_many_cells": gettext_noop(
        "The notebook has {found} cells; the limit is {limit}. "
        "Delete the cells that the task doesn't need."
    ),
    "notebook.other_language": gettext_noop(
        "The notebook's kernel is {found}; this exercise needs Python. "
        "Choose a Python 3 kernel and save the notebook."
    ),
    "notebook.invalid": gettext_noop(
        "The notebook isn't valid ({detail}). Open it in Jupyter, save it and submit it again."
    ),
    "notebook.no_code": gettext_noop(
        "The notebook has no code cells, so there is nothing to run. "
        "Start from the exercise's starter notebook."
    ),
    "notebook.no_parameters_cell": gettext_noop(
        "No cell sets the parameters ({names}), and no cell is tagged "
        "“parameters”. Copy the parameters cell from the starter notebook back to the beginning of "
        "yours."
    ),
}

CRITERIA: dict[str, str] = {
    "criterion.passed": gettext_noop("Correct."),
    "criterion.passed_text": "{text}",
    "criterion.passed_note": gettext_noop("Correct. The reviewer will see this: {text}"),
    "criterion.failed_text": "{text}",
    "criterion.missing": gettext_noop(
        "The variable {output} is not defined at the end of the notebook."
    ),
    "criterion.not_reached": gettext_noop("Your notebook stopped before {output} was set."),
    "criterion.refused_object_dtype": gettext_noop(
        "{output} contains Python objects instead of plain "
        "numbers or text. Convert it to an array of numbers first."
    ),
    "criterion.refused_none": gettext_noop(
        "{output} is None. The call that should give it returns nothing: "
        "many plots and methods that change something in place do."
    ),
    "criterion.refused_callable": gettext_noop(
        "{output} is a function or a class, not its result. Call it: add parentheses."
    ),
    "criterion.refused_iterator": gettext_noop(
        "{output} is an iterator, which can be read only once. Wrap it in list(...)."
    ),
    "criterion.refused_unordered": gettext_noop(
        "{output} is a set, which has no order. Use a list or an array."
    ),
    "criterion.refused_tensor": gettext_noop(
        "{output} is a tensor that doesn't convert itself. Use .detach().cpu().numpy()."
    ),
    "criterion.refused_masked": gettext_noop(
        "{output} is a masked array with masked values. Use .filled(0) or another value."
    ),
    "criterion.refused_ragged": gettext_noop(
        "{output} contains rows of different lengths or kinds. Every row "
        "needs the same length and type."
    ),
    "criterion.refused_names_differ": gettext_noop(
        "The rows of {output} have different names, as LIME's "
        "as_list() gives them. Use as_map() and put the weights in feature order."
    ),
    "criterion.refused_dict_keys": gettext_noop(
        "{output} is a dictionary whose keys are neither names nor row "
        "numbers. Use an array, or names as keys."
    ),
    "criterion.refused_unsupported_dtype": gettext_noop(
        "{output} contains complex numbers, dates or numbers "
        "beyond 64 bits. Convert it with .astype(float)."
    ),
    "criterion.refused_too_large": gettext_noop("{output} is too large."),
    "criterion.refused_unreadable": gettext_noop(
        "{output} has a type that can't be read as numbers or text. "
        "Convert it to an array: .numpy() for a tensor, .toarray() for a sparse matrix, .filled() "
        "for a masked array, np.array(...) for others."
    ),
    "criterion.wrong_dtype": gettext_noop("{output} has dtype {found}; expected {expected}."),
    "criterion.wrong_shape": gettext_noop("{output} has shape {found}; expected {expected}."),
    "criterion.transposed": gettext_noop(
        "{output} has shape {found}; expected {expected}. Rows and columns seem to be swapped."
    ),
    "criterion.axes_swapped": gettext_noop(
        "{output} has shape {found}; expected {expected}. The axes seem to "
        "be in another order: see np.moveaxis."
    ),
    "criterion.class_axis": gettext_noop(
        "{output} has shape {found}; expected {expected}. The last axis seems "
        "to have one entry per class or output: choose one of them, such as {output}[..., 1]."
    ),
    "criterion.class_first": gettext_noop(
        "{output} has shape {found}; expected {expected}. The first axis "
        "seems to have one entry per class or output: choose one of them, such as {output}[1]."
    ),
    "criterion.not_finite": gettext_noop(
        "{output} contains {count} values that are not finite numbers "
        "(NaN, infinity, or beyond 1e30)."
    ),
    "criterion.wrong_columns": gettext_noop(
        "The columns of {output} differ from the ones in the task. "
        "Missing: {missing}; unknown: {extra}; duplicated: {twice}."
    ),
    "criterion.wrong_labels": gettext_noop(
        "The labels of {output} differ from the ones in the task. "
        "Missing: {missing}; unknown: {extra}; duplicated: {twice}."
    ),
    "criterion.untouched": gettext_noop(
        "{output} is still the placeholder from the starter notebook."
    ),
    "criterion.not_a_choice": gettext_noop("{output} must be one of: {choices}."),
    "criterion.requires": gettext_noop("Graded after “{title}” passes."),
    "criterion.other_model": gettext_noop(
        "{output} doesn't match the output of the task's model on these rows: "
        "your model, its data or the rows differ from the ones in the task."
    ),
    "criterion.disagrees": gettext_noop("{output} doesn't match the expected values."),
    "criterion.disagrees_where": gettext_noop(
        "{output} doesn't match the expected values; the largest difference is at {place}."
    ),
    "criterion.rounded": gettext_noop(
        "{output} is too coarsely rounded: the values are right, but have too few "
        "decimals. Don't round them in your code."
    ),
    "criterion.hidden_rounded": gettext_noop(
        "Correct for the parameters shown. For the hidden ones {output} is "
        "right as well, but too coarsely rounded: don't round it in your code."
    ),
    "criterion.scatters_more": gettext_noop(
        "The runs in {output} scatter more than those of the task do. "
        "Does each take as many samples or repeats as asked for?"
    ),
    "criterion.scatters_less": gettext_noop(
        "The runs in {output} scatter less than those of the task do. "
        "Does each take as many samples or repeats as asked for, with random numbers of its own?"
    ),
    "criterion.outside_envelope": gettext_noop(
        "{output} differs from the expected values by more than a "
        "different random seed can explain."
    ),
    "criterion.outside_envelope_where": gettext_noop(
        "{output} differs from the expected values by more than a "
        "different random seed can explain; the largest difference is at {place}."
    ),
    "criterion.not_additive": gettext_noop(
        "Base value and attributions don't add up to the model's output."
    ),
    "criterion.not_additive_where": gettext_noop(
        "Base value and attributions don't add up to the model's "
        "output; the largest gap is at {place}."
    ),
    "criterion.not_recomputed": gettext_noop("{output} is inconsistent with your other outputs."),
    "criterion.other_needed": gettext_noop(
        "This also depends on {output}, which can't be graded yet."
    ),
    "criterion.property_failed": gettext_noop("Your answer doesn't meet this condition."),
    "criterion.ignored_unread": gettext_noop(
        "Your answer doesn't change with the parameters: {names} is never "
        "used after the parameters cell. Use it in your code; we also run your notebook with "
        "hidden parameters."
    ),
    "criterion.ignored_stand_in": gettext_noop(
        "Your answer doesn't change with the parameters: {names}, set "
        "in cell {cell}, is used instead of them. Compute it from the parameters; we also run your "
        "notebook with hidden parameters."
    ),
    "criterion.ignored_reassigned": gettext_noop(
        "Your answer doesn't change with the parameters: {names} is "
        "set again in cell {cell}. Keep the value from the parameters cell; we also run your "
        "notebook with hidden parameters."
    ),
    "criterion.ignored_parameters": gettext_noop(
        "Your answer doesn't change with the parameters: it doesn't "
        "depend on {names}. We also run your notebook with hidden parameters."
    ),
    "criterion.pasted": gettext_noop(
        "Your answer doesn't change with the parameters: {output} is hard-coded in "
        "cell {cell}. Compute it instead; we also run your notebook with hidden parameters."
    ),
    "criterion.hidden_failed": gettext_noop(
        "Correct for the parameters shown, but not for the hidden ones: "
        "we also run your notebook with other values in the parameters cell."
    ),
    "criterion.hidden_error": gettext_noop(
        "Correct for the parameters shown, but with hidden parameters your "
        "notebook stopped before its end."
    ),
}

# "match" is the misconception's own sentence: "You submitted absolute values."
DIAGNOSES: dict[str, str] = {
    "diagnosis.match": "{message}",
    "diagnosis.match_either": gettext_noop(
        "Your answer fits more than one mistake: {mistake}. We can't tell "
        "which from the answer alone."
    ),
    "diagnosis.resembles": gettext_noop(
        "Looks similar to a known mistake ({mistake}), but not exactly. "
        "If it is that one: {message}"
    ),
    "diagnosis.resembles_either": gettext_noop(
        "Looks similar to known mistakes ({mistake}), but not exactly."
    ),
    "diagnosis.unknown": gettext_noop("We don't recognise this mistake. Start with hint 1."),
    "diagnosis.unknown_outputs": gettext_noop(
        "We don't recognise this mistake. Start with hint 1. "
        "Correct: {right}. Not correct: {wrong}."
    ),
    "diagnosis.unknown_places": gettext_noop(
        "We don't recognise this mistake. Start with hint 1. "
        "In {output}, {count} of {total} {axis} differ: {places}."
    ),
    "diagnosis.unknown_outputs_places": gettext_noop(
        "We don't recognise this mistake. Start with hint 1. "
        "Correct: {right}. In {output}, {count} of {total} {axis} differ: {places}."
    ),
    "diagnosis.unknown_right_places": gettext_noop(
        "We don't recognise this mistake. Start with hint 1. "
        "In {output}, only {count} of {total} {axis} are correct: {places}."
    ),
    "diagnosis.unknown_outputs_right_places": gettext_noop(
        "We don't recognise this mistake. Start with hint 1. "
        "Correct: {right}. In {output}, only {count} of {total} {axis} are correct: {places}."
    ),
    "diagnosis.one_row": gettext_noop(
        "{output} has the shape {found} of one of your {rows}; expected "
        "{expected}. Arrays of explanations begin with the {rows}: `values[1]` is the second of "
        "them, not class 1."
    ),
}

MESSAGES: dict[str, str] = {
    **NOTEBOOK,
    **CRITERIA,
    **DIAGNOSES,
    **{
        f"misconception.{family}.{part}": text
        for family, texts in FAMILIES.items()
        for part, text in zip(("title", "message", "question"), texts, strict=True)
    },
}


def message_text(message_id: str, facts: Mapping[str, object] | None = None) -> str:
    """Return the English text of a message."""
    return MESSAGES[message_id].format(**(facts or {}))

"""The grader's messages by id, in English; the interface translates them.

Placeholders are `str.format` names, filled from a message's `facts`. No sentence contains a
reference value or an exact distance to one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTEBOOK: dict[str, str] = {
    "notebook.too_large": "The file is {size} MiB; the limit is {limit} MiB. "
    "Clear all outputs, save the notebook and submit it again.",
    "notebook.too_large_upload": "The file is {size} MiB with its outputs; the limit is {limit} "
    "MiB. Clear all outputs, save the notebook and submit it again.",
    "notebook.zip": "This is a ZIP archive, not a notebook. Unpack it and submit the .ipynb file "
    "inside.",
    "notebook.html": "This is a notebook exported as HTML. Choose File > Download > Download "
    ".ipynb (or Save as) and submit that file.",
    "notebook.python_file": "This is a Python file (.py), not a notebook. Submit the .ipynb file; "
    "code from elsewhere can be copied into the starter notebook.",
    "notebook.not_utf8": "The file isn't saved as UTF-8 (line {line}); it may be Windows-1252. "
    "Open it in Jupyter and save it again, or choose the encoding UTF-8 in your editor.",
    "notebook.untouched": "This is the starter notebook as you downloaded it: no cell has changed. "
    "Save your work and submit that file. This doesn't count as an attempt.",
    "notebook.empty": "The file is empty. Save the notebook and submit it again.",
    "notebook.not_text": "This isn't a Jupyter notebook but another kind of file (an image, an "
    "archive or a document). Submit the .ipynb file saved by Jupyter.",
    "notebook.too_deep": "The file has more than {limit} levels of nested brackets, which no "
    "notebook has. Save it again in Jupyter and submit that file.",
    "notebook.too_complex": "The file holds more than {limit} lists and objects, which no notebook "
    "needs. Clear its outputs and widget state, save it and submit it again.",
    "notebook.not_json": "The file isn't valid JSON (line {line}). It may be incomplete or edited "
    "by hand: open it in Jupyter, save it and submit it again.",
    "notebook.not_a_notebook": "The file is JSON, but not a Jupyter notebook. "
    "Submit the .ipynb file saved by Jupyter.",
    "notebook.other_format": "The notebook uses format {found}; format 4 is required. "
    "Convert it with: jupyter nbconvert --to notebook --nbformat 4 FILE",
    "notebook.too_many_cells": "The notebook has {found} cells; the limit is {limit}. "
    "Delete the cells that the task doesn't need.",
    "notebook.other_language": "The notebook's kernel is {found}; this exercise needs Python. "
    "Choose a Python 3 kernel and save the notebook.",
    "notebook.invalid": "The notebook isn't valid ({detail}). "
    "Open it in Jupyter, save it and submit it again.",
    "notebook.no_code": "The notebook has no code cells, so there is nothing to run. "
    "Start from the exercise's starter notebook.",
    "notebook.no_parameters_cell": "No cell sets the parameters ({names}), and no cell is tagged "
    "“parameters”. Copy the parameters cell from the starter notebook back to the beginning of "
    "yours.",
}

CRITERIA: dict[str, str] = {
    "criterion.passed": "Correct.",
    "criterion.passed_text": "{text}",
    "criterion.passed_note": "Correct. The reviewer will see this: {text}",
    "criterion.failed_text": "{text}",
    "criterion.missing": "The variable {output} is not defined at the end of the notebook.",
    "criterion.not_reached": "Your notebook stopped before {output} was set.",
    "criterion.refused_object_dtype": "{output} contains Python objects instead of plain "
    "numbers or text. Convert it to an array of numbers first.",
    "criterion.refused_none": "{output} is None. The call that should give it returns nothing: "
    "many plots and methods that change something in place do.",
    "criterion.refused_callable": "{output} is a function or a class, not its result. Call it: add "
    "parentheses.",
    "criterion.refused_iterator": "{output} is an iterator, which can be read only once. Wrap it "
    "in list(...).",
    "criterion.refused_unordered": "{output} is a set, which has no order. Use a list or an array.",
    "criterion.refused_tensor": "{output} is a tensor that doesn't convert itself. Use "
    ".detach().cpu().numpy().",
    "criterion.refused_masked": "{output} is a masked array with masked values. Use .filled(0) or "
    "another value.",
    "criterion.refused_ragged": "{output} contains rows of different lengths or kinds. Every row "
    "needs the same length and type.",
    "criterion.refused_names_differ": "The rows of {output} have different names, as LIME's "
    "as_list() gives them. Use as_map() and put the weights in feature order.",
    "criterion.refused_dict_keys": "{output} is a dictionary whose keys are neither names nor row "
    "numbers. Use an array, or names as keys.",
    "criterion.refused_unsupported_dtype": "{output} contains complex numbers, dates or numbers "
    "beyond 64 bits. Convert it with .astype(float).",
    "criterion.refused_too_large": "{output} is too large.",
    "criterion.refused_unreadable": "{output} has a type that can't be read as numbers or text. "
    "Convert it to an array: .numpy() for a tensor, .toarray() for a sparse matrix, .filled() for "
    "a masked array, np.array(...) for others.",
    "criterion.wrong_dtype": "{output} has dtype {found}; expected {expected}.",
    "criterion.wrong_shape": "{output} has shape {found}; expected {expected}.",
    "criterion.transposed": "{output} has shape {found}; expected {expected}. "
    "Rows and columns seem to be swapped.",
    "criterion.axes_swapped": "{output} has shape {found}; expected {expected}. The axes seem to "
    "be in another order: see np.moveaxis.",
    "criterion.class_axis": "{output} has shape {found}; expected {expected}. The last axis seems "
    "to have one entry per class or output: choose one of them, such as {output}[..., 1].",
    "criterion.class_first": "{output} has shape {found}; expected {expected}. The first axis "
    "seems to have one entry per class or output: choose one of them, such as {output}[1].",
    "criterion.not_finite": "{output} contains {count} values that are not finite numbers "
    "(NaN, infinity, or beyond 1e30).",
    "criterion.wrong_columns": "The columns of {output} differ from the ones in the task. "
    "Missing: {missing}; unknown: {extra}; duplicated: {twice}.",
    "criterion.wrong_labels": "The labels of {output} differ from the ones in the task. "
    "Missing: {missing}; unknown: {extra}; duplicated: {twice}.",
    "criterion.untouched": "{output} is still the placeholder from the starter notebook.",
    "criterion.not_a_choice": "{output} must be one of: {choices}.",
    "criterion.requires": "Graded after “{title}” passes.",
    "criterion.other_model": "{output} doesn't match the output of the task's model on these rows: "
    "your model, its data or the rows differ from the ones in the task.",
    "criterion.disagrees": "{output} doesn't match the expected values.",
    "criterion.disagrees_where": "{output} doesn't match the expected values; the largest "
    "difference is at {place}.",
    "criterion.rounded": "{output} is too coarsely rounded: the values are right, but have too few "
    "decimals. Don't round them in your code.",
    "criterion.hidden_rounded": "Correct for the parameters shown. For the hidden ones {output} is "
    "right as well, but too coarsely rounded: don't round it in your code.",
    "criterion.scatters_more": "The runs in {output} scatter more than those of the task do. "
    "Does each take as many samples or repeats as asked for?",
    "criterion.scatters_less": "The runs in {output} scatter less than those of the task do. "
    "Does each take as many samples or repeats as asked for, with random numbers of its own?",
    "criterion.outside_envelope": "{output} differs from the expected values by more than a "
    "different random seed can explain.",
    "criterion.outside_envelope_where": "{output} differs from the expected values by more than a "
    "different random seed can explain; the largest difference is at {place}.",
    "criterion.not_additive": "Base value and attributions don't add up to the model's output.",
    "criterion.not_additive_where": "Base value and attributions don't add up to the model's "
    "output; the largest gap is at {place}.",
    "criterion.not_recomputed": "{output} is inconsistent with your other outputs.",
    "criterion.other_needed": "This also depends on {output}, which can't be graded yet.",
    "criterion.property_failed": "Your answer doesn't meet this condition.",
    "criterion.ignored_unread": "Your answer doesn't change with the parameters: {names} is never "
    "used after the parameters cell. Use it in your code; we also run your notebook with hidden "
    "parameters.",
    "criterion.ignored_stand_in": "Your answer doesn't change with the parameters: {names}, set "
    "in cell {cell}, is used instead of them. Compute it from the parameters; we also run your "
    "notebook with hidden parameters.",
    "criterion.ignored_reassigned": "Your answer doesn't change with the parameters: {names} is "
    "set again in cell {cell}. Keep the value from the parameters cell; we also run your notebook "
    "with hidden parameters.",
    "criterion.ignored_parameters": "Your answer doesn't change with the parameters: it doesn't "
    "depend on {names}. We also run your notebook with hidden parameters.",
    "criterion.pasted": "Your answer doesn't change with the parameters: {output} is hard-coded in "
    "cell {cell}. Compute it instead; we also run your notebook with hidden parameters.",
    "criterion.hidden_failed": "Correct for the parameters shown, but not for the hidden ones: "
    "we also run your notebook with other values in the parameters cell.",
    "criterion.hidden_error": "Correct for the parameters shown, but with hidden parameters your "
    "notebook stopped before its end.",
}

# "match" is the misconception's own sentence: "You submitted absolute values."
DIAGNOSES: dict[str, str] = {
    "diagnosis.match": "{message}",
    "diagnosis.match_either": "Your answer fits more than one mistake: {mistake}. We can't tell "
    "which from the answer alone.",
    "diagnosis.resembles": "Looks similar to a known mistake ({mistake}), but not exactly. "
    "If it is that one: {message}",
    "diagnosis.resembles_either": "Looks similar to known mistakes ({mistake}), but not exactly.",
    "diagnosis.unknown": "We don't recognise this mistake. Start with hint 1.",
    "diagnosis.unknown_outputs": "We don't recognise this mistake. Start with hint 1. "
    "Correct: {right}. Not correct: {wrong}.",
    "diagnosis.unknown_places": "We don't recognise this mistake. Start with hint 1. "
    "In {output}, {count} of {total} {axis} differ: {places}.",
    "diagnosis.unknown_outputs_places": "We don't recognise this mistake. Start with hint 1. "
    "Correct: {right}. In {output}, {count} of {total} {axis} differ: {places}.",
    "diagnosis.unknown_right_places": "We don't recognise this mistake. Start with hint 1. "
    "In {output}, only {count} of {total} {axis} are correct: {places}.",
    "diagnosis.unknown_outputs_right_places": "We don't recognise this mistake. Start with hint 1. "
    "Correct: {right}. In {output}, only {count} of {total} {axis} are correct: {places}.",
    "diagnosis.one_row": "{output} has the shape {found} of one of your {rows}; expected "
    "{expected}. Arrays of explanations begin with the {rows}: `values[1]` is the second of them, "
    "not class 1.",
}

# A family's title is a noun phrase, its message a sentence, its question something to check.
# {rows}, {row}, {columns} and {column} are what the entries of the output's axes are called.
FAMILIES: dict[str, tuple[str, str, str]] = {
    "sign": (
        "the wrong sign",
        "Your values have the wrong sign.",
        "Which outcome does a positive value support: the one in the task, or the other one?",
    ),
    "reciprocal": (
        "reciprocals",
        "You submitted one divided by each expected value.",
        "Which of the two is divided by the other? Check one value by hand.",
    ),
    "absolute": (
        "absolute values",
        "You submitted absolute values: the magnitudes are right, but the signs are lost.",
        "Which of the values have to be negative?",
    ),
    "normalised": (
        "values that add up to 1",
        "You divided the values so that their absolute values add up to 1, or the largest is 1.",
        "What should the values add up to, and in which unit?",
    ),
    "percent": (
        "percentages",
        "Your values are percentages: a hundred times the expected ones.",
        "What is the unit of the expected values?",
    ),
    "scaled": (
        "values multiplied by a common factor",
        "Your values are the expected ones multiplied by a common factor.",
        "In which unit are your values? Was something averaged that has to be summed up?",
    ),
    "scaled_rows": (
        "{rows} multiplied by different factors",
        "Each of your {rows} is the expected one multiplied by a factor of its own.",
        "By what was each of the {rows} divided or multiplied?",
    ),
    "transposed": (
        "{rows} and {columns} swapped",
        "Your array is transposed: {rows} and {columns} are swapped.",
        "Which axis is for the {rows}, and which one for the {columns}?",
    ),
    "row_mean": (
        "the mean over the {rows}",
        "Each of your {rows} contains the mean over all {rows} instead of its own values.",
        "Should two different {rows} have the same values?",
    ),
    "one_row": (
        "one of the {rows} in the place of all",
        "All of your {rows} are the same one: only one of the {rows} was taken.",
        "What does an index in the first place select: one of the {rows}, or a class?",
    ),
    "global_importance": (
        "global importance instead of single explanations",
        (
            "Each of your {rows} contains the mean absolute value over all {rows}: a global "
            "importance."
        ),
        "Should two different {rows} have the same values?",
    ),
    "shifted_rows": (
        "{rows} shifted by one",
        "Your {rows} are shifted by one.",
        "Where does the first of your {rows} belong?",
    ),
    "reversed_rows": (
        "{rows} in reverse order",
        "Your values are right, but the {rows} are in reverse order.",
        "Where does the first of your {rows} belong?",
    ),
    "row_order": (
        "{rows} in a different order",
        "Your values are right, but the {rows} are not in the order given in the task.",
        "Where does the first of your {rows} belong?",
    ),
    "other_rows": (
        "explanations of other rows",
        "You explained other rows of the data than the ones in the task.",
        "Which rows did you explain? Compare their outputs with those of the rows in the task.",
    ),
    "sorted_values": (
        "values sorted by size",
        "The values are right, but sorted by size instead of in the order of the {columns}.",
        "Which of the {columns} does the first value belong to?",
    ),
    "sorted_features": (
        "{columns} in alphabetical order",
        "Your {columns} are in alphabetical order instead of the order of the data.",
        "Which of the {columns} does the first value belong to?",
    ),
    "feature_order": (
        "{columns} in a different order",
        "Your values are right, but the {columns} are not in the order given in the task.",
        "Which of the {columns} does the first value belong to?",
    ),
    "predicted_class": (
        "each row explained for its predicted class",
        "You explained each row for its predicted class, so some rows have the wrong sign.",
        "Did you explain the same class for every row? Compare the signs on a row of each class.",
    ),
    "base_added": (
        "the base value added to every attribution",
        "You added the base value to every attribution.",
        "How often should the base value be counted in the sum?",
    ),
    "base_spread": (
        "the base value divided among the features",
        "You divided the base value evenly among the attributions.",
        "What is the sum of the attributions without the base value, and with it?",
    ),
    "base_forgotten": (
        "a base value of zero",
        "Your base value is zero.",
        "What is the model's average output over the background data?",
    ),
    "rounded_away": (
        "values rounded to whole numbers",
        "You rounded the values to whole numbers, which removes most of the information.",
        "How many decimals does the task need?",
    ),
    "top_only": (
        "only the largest values",
        "Only the largest values of each of your {rows} are there; the others are zero.",
        "How many features does the explainer return by default?",
    ),
    "background": (
        "different background data",
        "Your values come from an interventional explanation with different background data.",
        "Which rows does your explainer average over?",
    ),
    "other_output": (
        "a different output of the model",
        "Base value and attributions add up to a different output of the model.",
        "What do base value and attributions of the first row add up to?",
    ),
}


def with_nouns(text: str, rows: str, columns: str) -> str:
    """Return a family's text with what the entries of the axes are called, given in the plural."""
    nouns = {"rows": rows, "row": _singular(rows), "columns": columns, "column": _singular(columns)}
    for key, noun in nouns.items():
        text = text.replace(f"{{{key}}}", noun)
    return text


def _singular(noun: str) -> str:
    return noun.removesuffix("s")


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

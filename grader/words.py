"""What the grader says, by message id: English here, translated by whoever shows it.

Placeholders are `str.format` names, filled from a message's `facts`. No sentence holds a reference
value or an exact distance to one. Sentences speak about the work, never about the person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTEBOOK: dict[str, str] = {
    "notebook.too_large": "The file has {size} MiB; at most {limit} MiB are accepted. "
    "Clear all outputs, save the notebook and hand it in again.",
    "notebook.empty": "The file is empty. Save the notebook and hand it in again.",
    "notebook.not_text": "This is not a Jupyter notebook but another kind of file (a picture, an "
    "archive or a document) with that name. Hand in the .ipynb file that Jupyter saved.",
    "notebook.too_deep": "The file nests brackets more than {limit} levels deep, which no notebook "
    "does. Save it again from Jupyter and hand that in.",
    "notebook.not_json": "The file is not valid JSON (line {line}). It may have been cut off or "
    "edited by hand: open it in Jupyter, save it and hand it in again.",
    "notebook.not_a_notebook": "The file is JSON, but not a Jupyter notebook. "
    "Hand in the .ipynb file that Jupyter saved.",
    "notebook.other_format": "The notebook is in format {found}; format 4 is needed. "
    "Convert it with: jupyter nbconvert --to notebook --nbformat 4 FILE",
    "notebook.too_many_cells": "The notebook has {found} cells; at most {limit} are accepted. "
    "Delete the cells that the task does not need.",
    "notebook.other_language": "The notebook's kernel is {found}; this exercise runs Python. "
    "Choose a Python 3 kernel and save the notebook.",
    "notebook.invalid": "The notebook does not follow the notebook format ({detail}). "
    "Open it in Jupyter, save it and hand it in again.",
    "notebook.no_code": "The notebook has no code cell, so there is nothing to run. "
    "Begin with the exercise's starter notebook.",
    "notebook.no_parameters_cell": "The notebook has no cell tagged “parameters”. Begin with the "
    "starter notebook, or add the tag again: select the cell that sets the parameters, open the "
    "property inspector and add the tag parameters.",
}

CRITERIA: dict[str, str] = {
    "criterion.passed": "As it should be.",
    "criterion.passed_text": "{text}",
    "criterion.failed_text": "{text}",
    "criterion.missing": "There is no variable named {output} at the end of the notebook.",
    "criterion.not_reached": "The run ended before {output} was set.",
    "criterion.refused_object_dtype": "{output} holds Python objects instead of plain "
    "numbers or text. Turn it into an array of numbers first.",
    "criterion.refused_too_large": "{output} is too large to be read.",
    "criterion.refused_unreadable": "{output} is of a kind that holds no plain numbers or text.",
    "criterion.wrong_dtype": "{output} has the dtype {found}; {expected} is needed.",
    "criterion.wrong_shape": "{output} has the shape {found}; {expected} is needed.",
    "criterion.transposed": "{output} has the shape {found}; {expected} is needed. "
    "Rows and columns seem to be exchanged.",
    "criterion.not_finite": "{output} holds {count} values that are not finite numbers "
    "(NaN, infinity, or beyond 1e30).",
    "criterion.wrong_columns": "{output} does not carry the columns that the task names. "
    "Missing: {missing}; unknown: {extra}; more than once: {twice}.",
    "criterion.wrong_labels": "{output} does not carry the labels that the task names. "
    "Missing: {missing}; unknown: {extra}; more than once: {twice}.",
    "criterion.untouched": "{output} holds one and the same value throughout, as in the starter.",
    "criterion.not_a_choice": "{output} must be one of: {choices}.",
    "criterion.requires": "This is marked once “{title}” holds.",
    "criterion.other_model": "{output} is not what the task's model says on these rows: the model, "
    "its data or the rows are not those of the task.",
    "criterion.disagrees": "{output} is not what the task asks for.",
    "criterion.disagrees_where": "{output} is not what the task asks for; the largest deviation is "
    "at {place}.",
    "criterion.outside_envelope": "{output} lies further away than repeated runs with other seeds "
    "lie from each other.",
    "criterion.outside_envelope_where": "{output} lies further away than repeated runs with other "
    "seeds lie from each other; the largest deviation is at {place}.",
    "criterion.not_additive": "Base value and attributions do not add up to the model's output.",
    "criterion.not_additive_where": "Base value and attributions do not add up to the model's "
    "output; the largest gap is at {place}.",
    "criterion.not_recomputed": "{output} does not follow from your own other answers.",
    "criterion.other_needed": "This is computed from {output} too, which cannot be marked yet.",
    "criterion.property_failed": "This does not hold for your answer.",
    "criterion.ignored_unread": "With other values in the parameters cell the answer stayed the "
    "same: {names} is never used after the parameters cell. Use it in your code; the notebook is "
    "run again with other parameters.",
    "criterion.ignored_reassigned": "With other values in the parameters cell the answer stayed "
    "the same: {names} is set again in cell {cell}. Leave it as the parameters cell sets it; the "
    "notebook is run again with other parameters.",
    "criterion.ignored_parameters": "With other values in the parameters cell the answer stayed "
    "the same: it does not depend on {names}. The notebook is run again with other parameters.",
    "criterion.pasted": "With other values in the parameters cell the answer stayed the same: "
    "{output} is written down as numbers in cell {cell}. Compute it; the notebook is run again "
    "with other parameters.",
    "criterion.hidden_failed": "Right for the parameters shown, but not for others: the notebook "
    "is run again with other values in the parameters cell.",
    "criterion.hidden_error": "Right for the parameters shown, but with other values in the "
    "parameters cell the run ended early ({what}).",
}

DIAGNOSES: dict[str, str] = {
    "diagnosis.match": "This is {mistake}.",
    "diagnosis.match_either": "This is either {mistake}; the answer alone cannot tell which.",
    "diagnosis.resembles": "This looks like {mistake}, but not exactly.",
    "diagnosis.resembles_either": "This looks like {mistake}, but not exactly.",
    "diagnosis.unknown": "It is none of the mistakes that are known for this task.",
}

# A family's title is a noun phrase, its question something that the learner can check.
FAMILIES: dict[str, tuple[str, str, str]] = {
    "sign": (
        "the opposite sign",
        "Every value has the opposite sign of what the task asks for.",
        "For which outcome does a positive value speak: the class asked for, or the other one?",
    ),
    "absolute": (
        "absolute values",
        "The values are right in size, but their signs are gone.",
        "Can a sum of values that are all positive reach an output below the base value?",
    ),
    "normalised": (
        "values normalised per row",
        "Each row was divided so that its absolute values add up to 1.",
        "What should a row add up to, in the model's own unit?",
    ),
    "percent": (
        "percentages",
        "The values are a hundred times what the task asks for.",
        "In which unit does the model answer?",
    ),
    "scaled": (
        "values in another unit",
        "All values are the right ones times one common factor.",
        "What do base value and attributions add up to, and in which unit is the model's output?",
    ),
    "scaled_rows": (
        "values rescaled row by row",
        "Each row is the right one times a factor of its own.",
        "Does each row still add up to the model's output on that row?",
    ),
    "transposed": (
        "rows and columns exchanged",
        "The array is transposed.",
        "Which axis counts the explained rows, and which one the features?",
    ),
    "row_mean": (
        "the mean over the rows",
        "Each row holds the average over all rows: a summary instead of one explanation per row.",
        "Should two different rows have the same explanation?",
    ),
    "global_importance": (
        "global importance instead of explanations",
        "Each row holds the mean absolute value over all rows.",
        "Should two different rows have the same explanation?",
    ),
    "shifted_rows": (
        "rows shifted by one",
        "The values belong to the neighbouring rows.",
        "Which row does your first explanation belong to? Compare the output on it.",
    ),
    "reversed_rows": (
        "rows in reverse order",
        "The values are right, the rows are in the opposite order.",
        "Which row does your first explanation belong to? Compare the output on it.",
    ),
    "row_order": (
        "rows in another order",
        "The explanations are right, but the rows are not in the order that the task gives.",
        "Which row does your first explanation belong to? Compare the output on it.",
    ),
    "other_rows": (
        "other rows than those asked for",
        "The explanations belong to other rows of the data.",
        "Which rows did you explain? Compare their outputs with the model's on the rows asked for.",
    ),
    "sorted_values": (
        "values sorted within each row",
        "The values of a row are right, but stand in order of size instead of feature order.",
        "Which feature does the first column belong to?",
    ),
    "sorted_features": (
        "features in alphabetical order",
        "The columns are in alphabetical order instead of the order of the data.",
        "Which feature does the first column belong to?",
    ),
    "feature_order": (
        "features in another order",
        "The values are right, but the columns are not in the order that the task gives.",
        "Which feature does the first column belong to?",
    ),
    "predicted_class": (
        "each row explained for the class predicted there",
        "Rows in which the other class is predicted have the opposite sign.",
        "Is it the same class for every row? Compare the signs on a row of each class.",
    ),
    "base_added": (
        "the base value added to every attribution",
        "Every value is too large by the base value.",
        "How often does the base value belong into the sum?",
    ),
    "base_spread": (
        "the base value spread over the features",
        "The base value was divided evenly among the attributions.",
        "What is the sum of the attributions alone, and what is it with the base value?",
    ),
    "base_forgotten": (
        "a base value of zero",
        "The base value was left out.",
        "What does the model answer on average over the background?",
    ),
    "rounded_away": (
        "values rounded to whole numbers",
        "The values were rounded so coarsely that little is left of them.",
        "How many decimals does the task need?",
    ),
    "top_only": (
        "only the largest values of each row",
        "The largest values are right, the others are zero.",
        "How many features does the explanation cover by default?",
    ),
    "background": (
        "another background",
        "The values are those of an interventional explanation with another background.",
        "Which rows does your explainer average over?",
    ),
    "other_output": (
        "another output of the model",
        "Base value and attributions add up to another output of the model.",
        "What do base value and attributions of the first row add up to?",
    ),
}

WORDS: dict[str, str] = {
    **NOTEBOOK,
    **CRITERIA,
    **DIAGNOSES,
    **{
        f"misconception.{family}.{part}": text
        for family, texts in FAMILIES.items()
        for part, text in zip(("title", "message", "question"), texts, strict=True)
    },
}


def say(message_id: str, facts: Mapping[str, object] | None = None) -> str:
    """The English sentence of a message."""
    return WORDS[message_id].format(**(facts or {}))

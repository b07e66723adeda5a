"""The words of ready-made misconceptions: title, message and question of each family."""

from __future__ import annotations

from grader.translatable import gettext_noop

# A family's title is a noun phrase, its message a sentence, its question something to check.
# {rows}, {row}, {columns} and {column} are what the entries of the output's axes are called.
FAMILIES: dict[str, tuple[str, str, str]] = {
    "sign": (
        gettext_noop("the wrong sign"),
        gettext_noop("Your values have the wrong sign."),
        gettext_noop(
            "Which outcome does a positive value support: the one in the task, or the other one?"
        ),
    ),
    "reciprocal": (
        gettext_noop("reciprocals"),
        gettext_noop("You submitted one divided by each expected value."),
        gettext_noop("Which of the two is divided by the other? Check one value by hand."),
    ),
    "absolute": (
        gettext_noop("absolute values"),
        gettext_noop(
            "You submitted absolute values: the magnitudes are right, but the signs are lost."
        ),
        gettext_noop("Which of the values have to be negative?"),
    ),
    "normalised": (
        gettext_noop("values that add up to 1"),
        gettext_noop(
            "You divided the values so that their absolute values add up to 1, or the largest is 1."
        ),
        gettext_noop("What should the values add up to, and in which unit?"),
    ),
    "percent": (
        gettext_noop("percentages"),
        gettext_noop("Your values are percentages: a hundred times the expected ones."),
        gettext_noop("What is the unit of the expected values?"),
    ),
    "scaled": (
        gettext_noop("values multiplied by a common factor"),
        gettext_noop("Your values are the expected ones multiplied by a common factor."),
        gettext_noop(
            "In which unit are your values? Was something averaged that has to be summed up?"
        ),
    ),
    "scaled_rows": (
        gettext_noop("{rows} multiplied by different factors"),
        gettext_noop("Each of your {rows} is the expected one multiplied by a factor of its own."),
        gettext_noop("By what was each of the {rows} divided or multiplied?"),
    ),
    "transposed": (
        gettext_noop("{rows} and {columns} swapped"),
        gettext_noop("Your array is transposed: {rows} and {columns} are swapped."),
        gettext_noop("Which axis is for the {rows}, and which one for the {columns}?"),
    ),
    "row_mean": (
        gettext_noop("the mean over the {rows}"),
        gettext_noop(
            "Each of your {rows} contains the mean over all {rows} instead of its own values."
        ),
        gettext_noop("Should two different {rows} have the same values?"),
    ),
    "one_row": (
        gettext_noop("one of the {rows} in the place of all"),
        gettext_noop("All of your {rows} are the same one: only one of the {rows} was taken."),
        gettext_noop(
            "What does an index in the first place select: one of the {rows}, or a class?"
        ),
    ),
    "global_importance": (
        gettext_noop("global importance instead of single explanations"),
        (
            gettext_noop(
                "Each of your {rows} contains the mean absolute value over all {rows}: a global "
                "importance."
            )
        ),
        gettext_noop("Should two different {rows} have the same values?"),
    ),
    "shifted_rows": (
        gettext_noop("{rows} shifted by one"),
        gettext_noop("Your {rows} are shifted by one."),
        gettext_noop("Where does the first of your {rows} belong?"),
    ),
    "reversed_rows": (
        gettext_noop("{rows} in reverse order"),
        gettext_noop("Your values are right, but the {rows} are in reverse order."),
        gettext_noop("Where does the first of your {rows} belong?"),
    ),
    "row_order": (
        gettext_noop("{rows} in a different order"),
        gettext_noop(
            "Your values are right, but the {rows} are not in the order given in the task."
        ),
        gettext_noop("Where does the first of your {rows} belong?"),
    ),
    "other_rows": (
        gettext_noop("explanations of other rows"),
        gettext_noop("You explained other rows of the data than the ones in the task."),
        gettext_noop(
            "Which rows did you explain? Compare their outputs with those of the rows in the task."
        ),
    ),
    "sorted_values": (
        gettext_noop("values sorted by size"),
        gettext_noop(
            "The values are right, but sorted by size instead of in the order of the {columns}."
        ),
        gettext_noop("Which of the {columns} does the first value belong to?"),
    ),
    "sorted_features": (
        gettext_noop("{columns} in alphabetical order"),
        gettext_noop("Your {columns} are in alphabetical order instead of the order of the data."),
        gettext_noop("Which of the {columns} does the first value belong to?"),
    ),
    "feature_order": (
        gettext_noop("{columns} in a different order"),
        gettext_noop(
            "Your values are right, but the {columns} are not in the order given in the task."
        ),
        gettext_noop("Which of the {columns} does the first value belong to?"),
    ),
    "predicted_class": (
        gettext_noop("each row explained for its predicted class"),
        gettext_noop(
            "You explained each row for its predicted class, so some rows have the wrong sign."
        ),
        gettext_noop(
            "Did you explain the same class for every row? "
            "Compare the signs on a row of each class."
        ),
    ),
    "base_added": (
        gettext_noop("the base value added to every attribution"),
        gettext_noop("You added the base value to every attribution."),
        gettext_noop("How often should the base value be counted in the sum?"),
    ),
    "base_spread": (
        gettext_noop("the base value divided among the features"),
        gettext_noop("You divided the base value evenly among the attributions."),
        gettext_noop("What is the sum of the attributions without the base value, and with it?"),
    ),
    "base_forgotten": (
        gettext_noop("a base value of zero"),
        gettext_noop("Your base value is zero."),
        gettext_noop("What is the model's average output over the background data?"),
    ),
    "rounded_away": (
        gettext_noop("values rounded to whole numbers"),
        gettext_noop(
            "You rounded the values to whole numbers, which removes most of the information."
        ),
        gettext_noop("How many decimals does the task need?"),
    ),
    "top_only": (
        gettext_noop("only the largest values"),
        gettext_noop(
            "Only the largest values of each of your {rows} are there; the others are zero."
        ),
        gettext_noop("How many features does the explainer return by default?"),
    ),
    "background": (
        gettext_noop("different background data"),
        gettext_noop(
            "Your values come from an interventional explanation with different background data."
        ),
        gettext_noop("Which rows does your explainer average over?"),
    ),
    "other_output": (
        gettext_noop("a different output of the model"),
        gettext_noop("Base value and attributions add up to a different output of the model."),
        gettext_noop("What do base value and attributions of the first row add up to?"),
    ),
}

NOUNS = (
    gettext_noop("rows"),
    gettext_noop("columns"),
    gettext_noop("features"),
    gettext_noop("values"),
    gettext_noop("groups"),
    gettext_noop("tokens"),
    gettext_noop("grid points"),
    gettext_noop("words"),
    gettext_noop("measures"),
    gettext_noop("hidden units"),
    gettext_noop("patients"),
    gettext_noop("coalitions"),
    gettext_noop("heads"),
    gettext_noop("reading tokens"),
    gettext_noop("read tokens"),
    gettext_noop("backgrounds"),
)
"""What the entries of axes are called here; an author's other words are shown as they are."""


def with_nouns(text: str, rows: str, columns: str) -> str:
    """Return a family's text with what the entries of the axes are called, given in the plural."""
    nouns = {"rows": rows, "row": _singular(rows), "columns": columns, "column": _singular(columns)}
    for key, noun in nouns.items():
        text = text.replace(f"{{{key}}}", noun)
    return text


def _singular(noun: str) -> str:
    return noun.removesuffix("s")

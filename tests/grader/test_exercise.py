"""exercise.yaml becomes frozen data, or an error that names file, key and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import ExerciseContentError
from grader.exercise import load_exercise

CONTENT = Path(__file__).parents[2] / "content" / "exercises"


def broken(folder: Path, old: str, new: str) -> ExerciseContentError:
    """Load the exercise with one piece of its YAML replaced, and return the error."""
    file = folder / "exercise.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ExerciseContentError) as caught:
        load_exercise(folder)
    return caught.value


@pytest.mark.parametrize(
    "folder", sorted(file.parent for file in CONTENT.glob("*/exercise.yaml")), ids=lambda f: f.name
)
def test_shipped_exercises_load(folder: Path) -> None:
    """Every exercise in content/ can be read and is worth more than its pass score needs."""
    exercise = load_exercise(folder)
    assert exercise.slug == folder.name
    assert 0 < exercise.pass_score <= exercise.max_score


def test_facts_are_read(shares_folder: Path) -> None:
    """Outputs, parameters, rubric and limits arrive as declared."""
    exercise = load_exercise(shares_folder)
    assert [output.name for output in exercise.outputs] == ["fx", "shares", "base"]
    assert exercise.output("shares").shape == (5, 6)
    assert exercise.visible_parameters == {"rows": [1, 2, 3, 5, 8]}
    assert exercise.max_score == 100
    assert exercise.limits.wall_seconds == 10
    assert exercise.variants == 6
    assert exercise.data is None


def test_a_family_belongs_to_the_output_worth_most(shares_folder: Path) -> None:
    """A bare family name acts on the main output, not on the first one."""
    exercise = load_exercise(shares_folder)
    sign = exercise.misconception("sign")
    assert sign is not None
    assert sign.output == "shares"


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("minutes: 5", "minutes: soon", "minutes", "integer"),
        ("minutes: 5", "minuets: 5", "", "minuets"),
        ("shape: [5, 6]", "shape: [5, six]", "outputs.shares.shape.1", "six"),
        ("kind: local_accuracy", "kind: vibes", "rubric.1.kind", "vibes"),
        ("    base: base\n", "    base: bass\n", "rubric.1.base", "no output named 'bass'"),
        ("  - sign\n", "  - sing\n", "misconceptions.2", "no ready-made family 'sing'"),
        ("  - sign\n", "  - sign\n  - sign\n", "misconceptions.3", "declared twice"),
        ("pass_score: 80", "pass_score: 180", "pass_score", "100 points"),
        ("from: [0, 40]", "from: [0, 4]", "parameters.rows.draw", "more to draw"),
        ("from: [0, 40]", "from: [40, 0]", "parameters.rows.draw", "lower bound"),
        ("zeta, alpha", "alpha", "outputs.shares.columns", "5 names"),
        ("hints: [one, two, three, four]", "hints: [one]", "hints", "1 entries; at least 4"),
    ],
)
def test_content_errors_are_named(
    shares_folder: Path, old: str, new: str, key: str, reason: str
) -> None:
    """Each broken file is refused with its dotted key and a reason."""
    error = broken(shares_folder, old, new)
    assert error.key == key
    assert reason in error.reason
    assert error.file.name == "exercise.yaml"


def test_the_line_is_named(shares_folder: Path) -> None:
    """The error contains the line of the wrong value."""
    assert broken(shares_folder, "minutes: 5", "minutes: soon").line == 5


def test_a_duplicate_key_is_refused(shares_folder: Path) -> None:
    """Two equal keys are an error with the line of the second."""
    error = broken(shares_folder, "minutes: 5", "minutes: 5\nminutes: 6")
    assert (error.line, error.reason) == (6, 'found duplicate key "minutes"')


def test_dates_and_tags_are_refused(shares_folder: Path) -> None:
    """A value that is not text, a number, a list or a mapping is an error with its line."""
    for value in ("2026-01-02", "!!python/name:os.system x"):
        text = (shares_folder / "exercise.yaml").read_text("utf-8")
        error = broken(shares_folder, "minutes: 5", f"minutes: {value}")
        assert (error.key, error.line) == ("minutes", 5)
        assert "has the type" in error.reason
        (shares_folder / "exercise.yaml").write_text(text, "utf-8")


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "a: [", "\x00", "a: &x [*x]\n"])
def test_invalid_yaml_is_refused(shares_folder: Path, text: str) -> None:
    """Empty, list, broken and self-containing YAML end in an ExerciseContentError."""
    (shares_folder / "exercise.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ExerciseContentError):
        load_exercise(shares_folder)


@pytest.mark.parametrize("name", ["exercise.yaml", "starter.ipynb", "reference.py"])
def test_missing_files_are_named(shares_folder: Path, name: str) -> None:
    """Each file that an exercise needs is asked for by name."""
    (shares_folder / name).unlink()
    with pytest.raises(ExerciseContentError, match=name):
        load_exercise(shares_folder)


def test_envelopes_share_alpha(noisy_folder: Path) -> None:
    """A submission must pass each of them in each of its runs."""
    assert (load_exercise(noisy_folder).runs, load_exercise(noisy_folder).envelopes) == (1, 1)
    file = noisy_folder / "exercise.yaml"
    drawn = "parameters: {n: {value: 1, meaning: Any., draw: {integer: [0, 9]}}}\nseeds: 100"
    again = "rubric:\n  - {id: twice, title: Twice, kind: envelope, output: means, points: 1}"
    text = file.read_text("utf-8").replace("seeds: 100", drawn).replace("rubric:", again)
    file.write_text(text, "utf-8")
    assert (load_exercise(noisy_folder).runs, load_exercise(noisy_folder).envelopes) == (2, 4)


def test_what_resembles_must_be_declared(shares_folder: Path) -> None:
    """A misconception can only resemble a declared one."""
    old = "    question: What does the base stand for?"
    reason = broken(shares_folder, old, f"{old}\n    resembles: [nobody]").reason
    assert reason == "no misconception nobody"


def test_an_envelope_needs_seeds(noisy_folder: Path) -> None:
    """An envelope from few seeds would reject correct work far more often than promised."""
    assert "100 seeds" in broken(noisy_folder, "seeds: 100", "seeds: 20").reason


def test_hashes_change_with_their_content(shares_folder: Path) -> None:
    """A changed text changes the content hash only; reference.py changes both hashes."""
    before = load_exercise(shares_folder)
    file = shares_folder / "exercise.yaml"
    text = file.read_text("utf-8")
    for old, new in (("Compute", "Work out"), ("The mean was not taken off", "No mean")):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
    spelled = load_exercise(shares_folder)
    assert spelled.content_hash != before.content_hash
    assert spelled.reference_hash == before.reference_hash
    with (shares_folder / "reference.py").open("a") as stream:
        stream.write("\n")
    assert load_exercise(shares_folder).reference_hash != before.reference_hash


def test_samples_do_not_change_the_hash(shares_folder: Path) -> None:
    """Adding a sample recomputes nothing and reloads nothing."""
    before = load_exercise(shares_folder).content_hash
    (shares_folder / "samples" / "one").mkdir(parents=True)
    (shares_folder / "samples" / "one" / "expected.yaml").write_text("passed: true\n", "utf-8")
    assert load_exercise(shares_folder).content_hash == before

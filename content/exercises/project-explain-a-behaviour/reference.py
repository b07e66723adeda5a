"""Properties of an explanation of one behaviour of a real network, computed again on the network.

Which behaviour is explained, by what, and how it could have failed is the learner's choice. The
grader runs a few of the learner's own cases through the same weights, draws the same controls, and
compares every conclusion with the learner's own numbers.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.criteria import Finding
from grader.models import presence
from grader.models.whybox_models import ablate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from grader.models.whybox_models import Hook

    Numbers = NDArray[Any]
    Outputs = dict[str, Numbers]
    Parameters = Mapping[str, Any]
    Unit = tuple[int, int]
    Units = tuple[Unit, ...]
    Case = tuple[str, str, str]

LAYERS_AND_HEADS = {"smollm2": (30, 9), "austen": (4, 4), "minilm": (6, 12)}
CHANNELS = 1280
CASES, TESTS = (12, 24), (6, 16)
MOST_CHARACTERS, MOST_TOKENS = 400, 90
MOST_UNITS = {"heads": 8, "layers": 2, "channels": 40}
CONTROLS = 5
WORDS = 8
"""How many words a claim has at least."""
LEAST, OFTEN = 0.2, 0.75
"""The smallest effect that may be promised, and how often a behaviour has to appear."""
SPOT = 4
"""How many cases of each kind the grader runs again."""
DECIMALS, ROUNDING = {"minilm": 0.0006}, 0.006
"""How far a score may be off for its decimals: a difference of cosines, or of logits."""
SHARE = 0.001
"""How far a score may be off otherwise. A head of little weight moves it by no more than 1 %."""
LOST, SHARE_OF_LOST, MOST_BY_ROUNDING = 0.002, 0.01, 0.015
"""How far the shares lost may be off, and how far at most because scores were rounded after them;
the mean of half of the scores is off by about a fifth of what one of them may be."""
SCENE = re.compile(r"(cat|coffee) (\d{1,2}) (\d{1,2}) (cat|coffee) (\d{1,2}) (\d{1,2})")
MOST_DOWN, MOST_RIGHT = 16, 32


class ReadingError(ValueError):
    """A text or picture that the network cannot be asked about."""


@cache
def _pictures() -> dict[str, Numbers]:
    with np.load(Path(__file__).parent / "data" / "pictures.npz") as pictures:
        return {name: pictures[name] for name in ("cat", "coffee")}


def _picture(scene: str) -> Numbers:
    found = SCENE.fullmatch(scene)
    if not found:
        raise ReadingError(f"{scene[:40]!r} is no scene, such as 'cat 3 20 coffee 0 5'.")
    halves = []
    for name, down, right in (found.groups()[:3], found.groups()[3:]):
        if int(down) > MOST_DOWN or int(right) > MOST_RIGHT:
            raise ReadingError(f"A scene starts at most at row {MOST_DOWN}, column {MOST_RIGHT}.")
        halves.append(_pictures()[name][int(down) : int(down) + 112, int(right) : int(right) + 224])
    return np.concatenate(halves)


def _hooks(units: Units) -> dict[tuple[str, int], Hook]:
    """Set heads (layer, head) to zero, and what MLPs add, written (layer, -1)."""
    hooks: dict[tuple[str, int], Hook] = {}
    for layer in {layer for layer, _ in units}:
        heads = [head for of, head in units if of == layer and head >= 0]
        if heads:
            hooks["z", layer] = ablate(heads)
        if (layer, -1) in units:
            hooks["mlp_out", layer] = np.zeros_like
    return hooks


def _tokens(model: str, text: str, *, begins: bool = True) -> Numbers:
    network = presence.decoder(model)
    tokens = network.to_tokens(text[:MOST_CHARACTERS])
    if model == "austen" and begins:
        tokens = np.concatenate([[network.tokenizer.id_of("<bos>")], tokens])
    if not 0 < len(tokens) <= MOST_TOKENS:
        raise ReadingError(f"{text[:40]!r} has {len(tokens)} tokens; 1 to {MOST_TOKENS} are read.")
    return tokens


def _between(case: Case, unit: str) -> tuple[str, str]:
    target, foil = case[1:]
    if target == foil:
        raise ReadingError(f"Target and foil are the same {unit}, {target[:40]!r}.")
    return target, foil


@lru_cache(maxsize=8192)
def _score(model: str, case: Case, units: Units = ()) -> float:
    """How far a case speaks for its target, and not for its foil, without some units.

    Raises:
        ReadingError: the case cannot be read.
    """
    target, foil = _between(case, "text")
    if model == "efficientnet":
        if not (target.isdecimal() and foil.isdecimal() and max(int(target), int(foil)) < 1000):
            raise ReadingError("Target and foil are numbers of classes, 0 to 999, as texts.")
        vision = presence.vision()
        features = vision.run_with_cache(_picture(case[0]))[1]["head", 0].mean(axis=(0, 1))
        features[[channel for _, channel in units]] = 0
        columns = vision.weights["fc.w"][:, [int(target), int(foil)]]
        one, other = features @ columns + vision.weights["fc.b"][[int(target), int(foil)]]
        return float(one - other)
    if model == "minilm":
        encoder = presence.encoder()
        texts = [text[:MOST_CHARACTERS] for text in case]
        if max(len(encoder.to_tokens(text)) for text in texts) > MOST_TOKENS:
            raise ReadingError(f"A text has more than {MOST_TOKENS} tokens.")
        whole = encoder.run_with_hooks(encoder.to_tokens(texts[0]), _hooks(units))
        one, other = (encoder(encoder.to_tokens(text)) for text in texts[1:])
        return _cosine(whole, one) - _cosine(whole, other)
    network = presence.decoder(model)
    first, second = (int(_tokens(model, text, begins=False)[0]) for text in (target, foil))
    if first == second:
        raise ReadingError(f"{target[:40]!r} and {foil[:40]!r} begin with the same token.")
    run = network.residual(_tokens(model, case[0]), _hooks(units))
    rows = network.weights.rows("embed", np.array([first, second]))
    one, other = network.final_norm(run.final[-1:])[0] @ rows.T
    return float(one - other)


def _cosine(one: Numbers, other: Numbers) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-12))


def _kind(model: str, units: Units) -> str:
    """What the units are; empty if they are not of one kind, not there, or twice the same."""
    if not units or len(set(units)) < len(units):
        return ""
    if model == "efficientnet":
        fits = all(layer == 0 and 0 <= channel < CHANNELS for layer, channel in units)
        return "channels" if fits else ""
    layers, heads = LAYERS_AND_HEADS[model]
    if not all(0 <= layer < layers and -1 <= head < heads for layer, head in units):
        return ""
    kinds = {"layers" if head < 0 else "heads" for _, head in units}
    return kinds.pop() if len(kinds) == 1 else ""


def _others(model: str, units: Units) -> list[Unit]:
    """All units of the kind of these, without them, in order."""
    kind = _kind(model, units)
    if kind == "channels":
        known = [(0, channel) for channel in range(CHANNELS)]
    else:
        layers, heads = LAYERS_AND_HEADS[model]
        known = [
            (k, h) for k in range(layers) for h in (range(heads) if kind == "heads" else (-1,))
        ]
    return [unit for unit in known if unit not in units]


def _drawn(model: str, units: Units, seed: int) -> Numbers:
    """The controls: five draws of as many other units, (5, units, 2)."""
    others, generator = _others(model, units), np.random.default_rng(seed)
    draws = [generator.choice(len(others), len(units), replace=False) for _ in range(CONTROLS)]
    return np.array([[others[at] for at in draw] for draw in draws])


def _held_out(count: int, seed: int) -> Numbers:
    """The half of the cases that decides."""
    return np.sort(np.random.default_rng(seed).permutation(count)[: count // 2])


def _units(rows: Numbers) -> Units:
    return tuple((int(layer), int(head)) for layer, head in rows)


def _cases(rows: Numbers) -> list[Case]:
    return [(str(text), str(target), str(foil)) for text, target, foil in rows]


def _altered(answers: Outputs) -> list[Case]:
    """The cases with their altered texts; targets and foils stay."""
    changed = zip(answers["altered"], _cases(answers["cases"]), strict=True)
    return [(str(text), *case[1:]) for text, case in changed]


def complete(parameters: Parameters, answers: Outputs) -> Finding:  # noqa: ARG001, PLR0911 - a list
    """Whether numbers of cases, units and tests fit together, and the network can be asked."""
    model, cases, tests = str(answers["model"]), answers["cases"], answers["tests"]
    for name, rows, (least, most) in (("cases", cases, CASES), ("tests", tests, TESTS)):
        if not least <= len(rows) <= most:
            return _fault(f"{name} has {len(rows)} rows; {least} to {most} are asked for.")
    units = _units(answers["component"])
    kind = _kind(model, units)
    if not kind:
        return _fault("component is not a list of different units of one kind of this network.")
    if not len(units) <= min(MOST_UNITS[kind], len(_others(model, units))):
        return _fault(f"component names {len(units)} {kind}; {MOST_UNITS[kind]} are the most.")
    wanted = {
        "scores": (len(cases),),
        "altered": (len(cases),),
        "altered_scores": (len(cases),),
        "ablated": (len(cases),),
        "controls": (CONTROLS, len(units), 2),
        "control_scores": (CONTROLS, len(cases)),
        "expected": (len(tests),),
        "test_scores": (len(tests),),
    }
    for name, shape in wanted.items():
        if answers[name].shape != shape:
            return _fault(f"{name} has the shape {answers[name].shape}; {shape} is needed.")
    texts = [case[0] for case in (*_cases(cases), *_altered(answers), *_cases(tests))]
    if max(len(text) for text in texts) > MOST_CHARACTERS:
        return _fault(f"A text has more than {MOST_CHARACTERS} characters.")
    if len({text for text, *_ in _cases(cases)}) < len(cases):
        return _fault("Some of your cases are the same text.")
    if any(
        str(text) == case[0] for text, case in zip(answers["altered"], _cases(cases), strict=True)
    ):
        return _fault("An altered text is the text itself.")
    return Finding(passed=True)


def stated(parameters: Parameters, answers: Outputs) -> Finding:  # noqa: ARG001 - own words only
    """Whether claim and rival are sentences, and a size was promised."""
    claim, rival = (str(answers[name]).split() for name in ("claim", "rival"))
    if min(len(claim), len(rival)) < WORDS or claim == rival:
        return _fault(f"Claim and rival are two different sentences of at least {WORDS} words.")
    if not LEAST <= float(answers["least"]) <= 1:
        return _fault(f"least is a share that the claim promises, from {LEAST} to 1.")
    if set(answers["expected"].tolist()) - {-1, 1}:
        return _fault("expected holds 1 where the claim says target, -1 where it says foil.")
    return Finding(passed=True)


def behaviour_is_there(parameters: Parameters, answers: Outputs) -> Finding:  # noqa: ARG001
    """Whether the target wins in most cases, and alterations lower the score."""
    if (answers["scores"] > 0).mean() < OFTEN:
        return _fault("In more than a quarter of your cases the foil has the higher score.")
    if not answers["altered_scores"].mean() < answers["scores"].mean():
        return _fault("Your alterations do not lower the score: what they change is not the cause.")
    return Finding(passed=True)


def _same(
    parameters: Parameters,
    answers: Outputs,
    cases: Sequence[Case],
    given: Numbers,
    units: Units = (),
) -> Finding:
    """Whether the network gives a few of these scores."""
    generator = np.random.default_rng([parameters["seed"], len(cases), len(units)])
    for at in generator.permutation(len(cases))[:SPOT]:
        finding = _same_score(str(answers["model"]), cases[at], units, float(given[at]))
        if finding is not None:
            return _fault(finding or f"The network gives another score for case {at}.")
    return Finding(passed=True)


def _same_score(model: str, case: Case, units: Units, given: float) -> str | None:
    """None if the network gives this score; what is wrong with the case, empty if nothing is."""
    try:
        own = _score(model, case, units)
    except ReadingError as error:
        return str(error)
    off = DECIMALS.get(model, ROUNDING) + SHARE * abs(own)
    return None if abs(own - given) <= off else ""


def scores_are_right(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the scores are the network's."""
    return _same(parameters, answers, _cases(answers["cases"]), answers["scores"])


def altered_are_right(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the altered scores are the network's."""
    return _same(parameters, answers, _altered(answers), answers["altered_scores"])


def ablated_are_right(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the scores without the component are the network's."""
    units = _units(answers["component"])
    return _same(parameters, answers, _cases(answers["cases"]), answers["ablated"], units)


def controls_are_drawn(parameters: Parameters, answers: Outputs) -> bool:
    """Whether the controls are those that the seed draws, not chosen ones.

    Within a control the units may stand in any order: what is left without them is the same.
    """
    own = _drawn(str(answers["model"]), _units(answers["component"]), parameters["seed"])
    pairs = zip(answers["controls"], own, strict=True)
    return all(sorted(_units(one)) == sorted(_units(other)) for one, other in pairs)


def controls_are_right(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the scores without the controls are the network's: of each control another case."""
    model, cases = str(answers["model"]), _cases(answers["cases"])
    order = np.random.default_rng([parameters["seed"], len(cases)]).permutation(len(cases))
    for number, (rows, given) in enumerate(
        zip(answers["controls"], answers["control_scores"], strict=True)
    ):
        units, at = _units(rows), int(order[number])
        if not _kind(model, units):
            return _fault("A control is not a list of units of this network.")
        finding = _same_score(model, cases[at], units, float(given[at]))
        if finding is not None:
            what = f"The network gives another score for case {at} without control {number}."
            return _fault(finding or what)
    return Finding(passed=True)


def lost_by_own_numbers(parameters: Parameters, answers: Outputs) -> Numbers:
    """The share of the mean score of the deciding half that is lost: component, then controls."""
    half = _held_out(len(answers["scores"]), parameters["seed"])
    left = np.vstack([answers["ablated"], answers["control_scores"]])[:, half].mean(axis=1)
    whole = float(answers["scores"][half].mean())
    return 1 - left / whole if whole else np.zeros(len(left))


def lost_follows(parameters: Parameters, answers: Outputs) -> bool:
    """Whether the shares are those of the learner's own scores, which may have been rounded since.

    Cosines differ by little: where the mean score is 0.05, every other answer whose scores have
    three decimals would lie outside of the bare slack.
    """
    own = lost_by_own_numbers(parameters, answers)
    half = _held_out(len(answers["scores"]), parameters["seed"])
    whole = max(abs(float(answers["scores"][half].mean())), 1e-9)
    decimals = DECIMALS.get(str(answers["model"]), ROUNDING) / 5
    rounded = np.minimum(decimals * (1 + np.abs(1 - own)) / whole, MOST_BY_ROUNDING)
    slack = max(SHARE_OF_LOST * float(np.abs(own).mean()), LOST) + float(rounded.mean())
    return bool(np.abs(answers["lost"] - own).mean() <= slack)


def tests_are_right(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the scores of the tests are the network's, and the tests are new texts."""
    cases, tests = _cases(answers["cases"]), _cases(answers["tests"])
    if {text for text, *_ in cases} & {text for text, *_ in tests}:
        return _fault("A test is a text that stands among your cases.")
    if len({(text, frozenset(between)) for text, *between in tests}) < len(tests):
        return _fault("Some of your tests are the same; exchanging target and foil asks no more.")
    return _same(parameters, answers, tests, answers["test_scores"])


def _conclusions(parameters: Parameters, answers: Outputs, slack: float) -> list[bool]:
    """Behaviour, component, test: whether each holds, with some slack at the thresholds."""
    half = _held_out(len(answers["scores"]), parameters["seed"])
    scores, altered = answers["scores"][half], answers["altered_scores"][half]
    lost = answers["lost"]
    agrees = np.mean(np.sign(answers["test_scores"]) == answers["expected"])
    return [
        bool((scores > 0).mean() >= OFTEN and altered.mean() < scores.mean()),
        bool(lost[0] + slack >= answers["least"] and lost[0] + slack > lost[1:].max()),
        bool(agrees >= OFTEN),
    ]


def conclusions_follow(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether what is said to hold is what the learner's own numbers say."""
    said = [bool(each) for each in answers["holds"]]
    if said not in (_conclusions(parameters, answers, way) for way in (-0.005, 0, 0.005)):
        return _fault(
            "By the rules of the task your own numbers decide otherwise: a claim that fails is a"
            " result, not a mistake."
        )
    if all(said):
        return Finding(passed=True)
    names = ("the behaviour", "the component", "the test against the rival")
    failed = ", ".join(name for name, holds in zip(names, said, strict=True) if not holds)
    return Finding(
        passed=True, facts={"note": f"By the learner's own numbers this fails: {failed}."}
    )


def _fault(what: str) -> Finding:
    return Finding(passed=False, facts={"what": what})


WORDS_OF_AUSTEN = ["lady", "house", "time", "man", "letter", "sister", "mother", "father", "room"]


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """One answer of many: a head of the Austen model that lists are continued with."""
    generator = np.random.default_rng(0)
    cases, altered, tests = [], [], []
    for number in range(20):
        a, b, c, d, e, f = generator.choice(WORDS_OF_AUSTEN, 6, replace=False).tolist()
        begun = f" {a} {b} {c} {d}"
        if number < 14:
            cases.append((f" {a} {b} {c} {d} {e} {f}{begun}", f" {e}", f" {f}"))
            altered.append(f" {e} {b} {a} {d} {c} {f}{begun}")
        else:
            tests.append((f" {f} {f} {a} {b} {c} {d} {e} {f}{begun}", f" {e}", f" {f}"))
    component: Units = ((1, 3),)
    controls = _drawn("austen", component, parameters["seed"])

    def scored(rows: Sequence[Case], units: Units = ()) -> Numbers:
        return np.array([_score("austen", row, units) for row in rows])

    changed = [(text, *case[1:]) for text, case in zip(altered, cases, strict=True)]
    answers: Outputs = {
        "model": np.asarray("austen"),
        "claim": np.asarray("The next word of a repeated list is found by what followed before."),
        "rival": np.asarray("The next word of a repeated list is the one that came most often."),
        "least": np.asarray(0.5),
        "cases": np.asarray(cases),
        "scores": scored(cases),
        "altered": np.asarray(altered),
        "altered_scores": scored(changed),
        "component": np.asarray(component),
        "ablated": scored(cases, component),
        "controls": controls,
        "control_scores": np.array([scored(cases, _units(each)) for each in controls]),
        "tests": np.asarray(tests),
        "expected": np.ones(len(tests), int),
        "test_scores": scored(tests),
    }
    answers["lost"] = lost_by_own_numbers(parameters, answers)
    return {**answers, "holds": np.asarray(_conclusions(parameters, answers, 0.0))}

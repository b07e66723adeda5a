"""Reference: one feature of the sparse autoencoder read, named, removed and compared."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.criteria import Finding
from grader.models import presence
from grader.models import sparse_features as sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[Any]
    Outputs = dict[str, Numbers]
    Parameters = Mapping[str, Any]

WINDOW = 60
"""How many passages are read, and how many are held out."""
TOP = 8
PIECES = 8
"""How many word pieces a rule may list."""
PLACE = sparse.AUTOENCODER_PLACE
FITS, RECALL, SHARE = 0.5, 0.5, 0.5
"""Least share of active positions in a piece to enter the reference's rule; least recall of a rule;
least share of the reference's activation that a rule has to explain."""
LEAST_SHARE = 0.2
"""How much of the held-out activation the reference's own rule explains at least."""
PRECISE, TIMES = 0.5, 3.0
"""When the verdict says that a name holds, and that an effect does."""
SLACK, ROUNDING = 0.002, 2e-5
"""How far shares, and effects, may be off for their decimals."""
CLEAR = 2e-4
"""How far apart the strengths on top must be, whose order is asked for."""
CONTROLS = 5
"""How many controls there must be to choose from."""


@lru_cache(maxsize=64)
def _order(seed: int) -> tuple[int, ...]:
    order = np.random.default_rng(seed).permutation(len(presence.passages()))
    return tuple(int(each) for each in order[: 2 * WINDOW])


def _reading(parameters: Parameters) -> tuple[int, ...]:
    return _order(parameters["seed"])[:WINDOW]


@lru_cache(maxsize=256)
def _seen(feature: int, passages: tuple[int, ...]) -> sparse.Seen:
    return sparse.see([sparse.strengths(index, feature) for index in passages], passages)


def _read(parameters: Parameters) -> sparse.Seen:
    return _seen(parameters["feature"], _reading(parameters))


def _held_out(parameters: Parameters) -> sparse.Seen:
    return _seen(parameters["feature"], _order(parameters["seed"])[WINDOW:])


def _on_top(seen: sparse.Seen, passages: Sequence[int]) -> list[int]:
    """The passages of the top list, one for each entry."""
    return [passages[seen.passages[at]] for at in seen.strongest(TOP)]


def _fallen(
    seen: sparse.Seen,
    passages: Sequence[int],
    changed: Iterable[Numbers],
    place: tuple[str, int] = PLACE,
) -> Numbers:
    """How far each top word's similarity falls, and how far its passage moves: (2, entries).

    Args:
        seen: the reading that says which passages and words are on top.
        passages: of that reading.
        changed: for each entry of the top list, the stream after a removal.
        place: where the stream is.
    """
    known: dict[bytes, Numbers] = {}
    rows = []
    entries = zip(seen.strongest(TOP), _on_top(seen, passages), changed, strict=True)
    for at, index, stream in entries:
        key = stream.tobytes()
        if key not in known:
            known[key] = sparse.embedding_with(index, stream, place)
        word, whole = sparse.of_word(str(seen.pieces[at])), sparse.passage(index).pooled
        fallen = sparse.similarity(whole, word) - sparse.similarity(known[key], word)
        rows.append((fallen, 1 - sparse.similarity(whole, known[key])))
    return np.array(rows).T


def _without(index: int, strength: Numbers, direction: Numbers) -> Numbers:
    return np.asarray(sparse.passage(index).streams[PLACE] - np.outer(strength, direction))


@lru_cache(maxsize=256)
def _removed(feature: int, seed: int, removed: int, *, everywhere: bool = False) -> Numbers:
    """What it costs to remove a feature from the passages on top of `feature`: fallen, moved.

    `everywhere` takes it off at [CLS] and [SEP] as well, where a control may be active.
    """
    passages, along = _reading({"seed": seed}), sparse.direction(removed)
    seen = _seen(feature, passages)
    strengths: Callable[[int, int], Numbers] = (
        sparse.strengths_everywhere if everywhere else sparse.strengths
    )
    changed = (
        _without(index, strengths(index, removed), along) for index in _on_top(seen, passages)
    )
    return _fallen(seen, passages, changed)


def _found(seen: sparse.Seen) -> Outputs:
    """The outputs that need no run with a hook."""
    active, at = seen.strength > 0, seen.strongest(TOP)
    return {
        "active": np.asarray(active.sum()),
        "mean_strength": np.asarray(seen.strength[active].mean() if active.any() else 0.0),
        "top": np.stack([seen.passages[at], seen.positions[at]], axis=1),
        "strengths": seen.strength[at].astype(float),
    }


def _own_rule(seen: sparse.Seen) -> list[str]:
    """The pieces that are active at least half the time, by the activation that they hold."""
    held: dict[str, list[float]] = defaultdict(list)
    for piece, strength in zip(seen.pieces.tolist(), seen.strength.tolist(), strict=True):
        held[piece].append(strength)
    fitting = [piece for piece, each in held.items() if np.mean(np.array(each) > 0) >= FITS]
    return sorted(fitting, key=lambda piece: (-sum(held[piece]), piece))[:PIECES]


@lru_cache(maxsize=64)
def _counts(passages: tuple[int, ...]) -> Numbers:
    """At how many positions each feature is active."""
    return np.sum([(sparse.code(index) > 0).sum(axis=0) for index in passages], axis=0)


def _entries(parameters: Parameters) -> Numbers:
    """For each feature, in how many entries of the top list the passage has it active."""
    entries = _on_top(_read(parameters), _reading(parameters))
    return np.sum([(sparse.code(index) > 0).any(axis=0) for index in entries], axis=0)


def _controls(parameters: Parameters) -> list[int]:
    """The features that may serve as the control, the most alike in frequency first."""
    feature, counts = parameters["feature"], _counts(_reading(parameters))
    own = counts[feature]
    alike = (2 * counts >= own) & (counts <= 2 * own) & (2 * _entries(parameters) >= TOP)
    alike[feature] = False
    return sorted(np.flatnonzero(alike).tolist(), key=lambda each: (abs(counts[each] - own), each))


def _verdicts(precision: float, effects: Numbers, others: Numbers, slack: float = 0.01) -> set[str]:
    """What the numbers say; more than one verdict where they lie at a threshold."""
    effect, other = float(effects.mean()), TIMES * float(np.abs(others).mean())
    names = {precision + way >= PRECISE for way in (-slack, slack)}
    holds = {effect > 0 and effect * (1 + way) >= other for way in (-slack, slack)}
    words = ("neither", "effect only", "name only", "name and effect")
    return {words[2 * name + hold] for name in names for hold in holds}


def suitable(parameters: Parameters) -> bool:
    """Whether nothing hangs by a rounding, a rule carries over, and there are controls."""
    feature, seed = parameters["feature"], parameters["seed"]
    seen = _read(parameters)
    gaps = -np.diff(np.sort(seen.strength)[::-1][: TOP + 1])
    whole = not any(str(piece).startswith("##") for piece in seen.pieces[seen.strongest(TOP)])
    if gaps.min() < CLEAR or not whole:
        return False
    if not all(sparse.is_clear(feature, index) for index in _order(seed)):
        return False
    quality, controls = sparse.shares(_held_out(parameters), _own_rule(seen)), _controls(parameters)
    if len(controls) < CONTROLS or quality[1] < RECALL + 0.1 or quality[2] < LEAST_SHARE:
        return False
    effects, others = (_removed(feature, seed, each)[0] for each in (feature, controls[0]))
    return len(_verdicts(float(quality[0]), effects, others, slack=0.02)) == 1


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for; rule and control are one choice of many."""
    feature, seen = parameters["feature"], _read(parameters)
    rule, control = _own_rule(seen), _controls(parameters)[0]
    quality = sparse.shares(_held_out(parameters), rule)
    effects, others = (
        _removed(feature, parameters["seed"], each)[0] for each in (feature, control)
    )
    return {
        **_found(seen),
        "rule": np.asarray(rule),
        "quality": quality,
        "effects": effects,
        "control": np.asarray(control),
        "control_effects": others,
        "verdict": np.asarray(min(_verdicts(float(quality[0]), effects, others))),
    }


def rule_holds(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether a rule fits the held-out passages, about as well as one taken from the reading."""
    rule = {str(piece) for piece in answers["rule"]}
    if not 1 <= len(rule) <= PIECES or len(rule) < answers["rule"].size:
        return _fault(f"A rule lists one to {PIECES} different pieces.")
    after = _held_out(parameters)
    found, best = (
        sparse.shares(after, list(each)) for each in (rule, _own_rule(_read(parameters)))
    )
    if found[1] < RECALL:
        return _fault(
            "In the held-out passages the feature is silent at most positions of your pieces."
        )
    if found[2] < SHARE * best[2]:
        return _fault(
            "Your pieces hold little of the feature's activation in the held-out passages; other"
            " pieces of the passages that you read hold much more."
        )
    return Finding(passed=True)


def quality_is_right(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the three shares are those of the learner's own rule."""
    rule = [str(piece) for piece in answers["rule"]]
    own = sparse.shares(_held_out(parameters), rule)
    before = sparse.shares(_read(parameters), rule)
    for right, what in (
        (own, ""),
        (before, "These are the shares in the passages that you read, not in those held out."),
        (own[[1, 0, 2]], "Precision and recall are exchanged."),
    ):
        if np.abs(answers["quality"] - right).max() <= SLACK:
            return _fault(what) if what else Finding(passed=True)
    return _fault("Your rule, applied to the held-out passages, gives other shares.")


def _count(parameters: Parameters, feature: int) -> int:
    """At how many positions of the passages read a feature is active; 0 if there is none such."""
    counts = _counts(_reading(parameters))
    return int(counts[feature]) if 0 <= feature < len(counts) else 0


def control_is_alive(parameters: Parameters, answers: Outputs) -> bool:
    """Whether the control is active anywhere in the passages that are read."""
    return _count(parameters, int(answers["control"])) > 0


def control_is_alike(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the control is another feature of like frequency, active where it is removed."""
    feature, control = parameters["feature"], int(answers["control"])
    if control == feature:
        return _fault("The control is the feature itself.")
    own, other = _count(parameters, feature), _count(parameters, control)
    if not own <= 2 * other <= 4 * own:
        return _fault("The control is active less than half, or more than twice, as often.")
    if 2 * _entries(parameters)[control] < TOP:
        return _fault(
            "In most passages of your top list the control is silent: there is nothing to remove."
        )
    return Finding(passed=True)


def control_effects_are_right(parameters: Parameters, answers: Outputs) -> bool:
    """Whether removing the learner's own control costs what is said.

    Unlike the feature, a control may be active at [CLS] or [SEP]. They never count, but it is no
    mistake in the removal to take it off there as well.
    """
    control = int(answers["control"])
    if not 0 <= control < len(sparse.parts()["bias"]):
        return False
    asked = (parameters["feature"], parameters["seed"], control)
    for own in (_removed(*asked)[0], _removed(*asked, everywhere=True)[0]):
        off = np.abs(answers["control_effects"] - own).max()
        if off <= ROUNDING + 0.01 * np.abs(own).max():
            return True
    return False


def verdict_follows(parameters: Parameters, answers: Outputs) -> bool:  # noqa: ARG001 - own numbers
    """Whether the verdict is what the learner's own numbers say."""
    numbers = (float(answers["quality"][0]), answers["effects"], answers["control_effects"])
    return str(answers["verdict"]) in _verdicts(*numbers)


def _fault(what: str) -> Finding:
    return Finding(passed=False, facts={"what": what})


def _mistaken(
    parameters: Parameters,
    read: Callable[[Numbers], Numbers] = sparse.encode,
    place: tuple[str, int] = PLACE,
) -> Outputs:
    """All that follows when the features are read otherwise, or elsewhere."""
    feature, passages = parameters["feature"], _reading(parameters)
    strengths = {index: sparse.strengths(index, feature, read, place) for index in passages}
    seen, along = sparse.see(list(strengths.values()), passages), sparse.direction(feature)
    changed = (
        np.asarray(sparse.passage(index).streams[place] - np.outer(strengths[index], along))
        for index in _on_top(seen, passages)
    )
    return {**_found(seen), "effects": _fallen(seen, passages, changed, place)[0]}


def _removed_otherwise(
    parameters: Parameters, removal: Callable[[int, Numbers], Numbers]
) -> Outputs:
    """The effects when another stream takes the place: of a passage and the feature's strengths."""
    passages, seen = _reading(parameters), _read(parameters)
    changed = (
        removal(index, sparse.strengths(index, parameters["feature"]))
        for index in _on_top(seen, passages)
    )
    return {"effects": _fallen(seen, passages, changed)[0]}


def mistake_not_kept(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """Every positive feature, not the twelve largest."""
    return _mistaken(parameters, sparse.not_kept)


def mistake_decoder_read(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The decoder's row where the encoder's column belongs."""
    return _mistaken(parameters, sparse.decoder_read)


def mistake_mean_kept(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean not subtracted before the encoder."""
    return _mistaken(parameters, sparse.mean_kept)


def mistake_layer_before(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The stream that layer 2 leaves."""
    return _mistaken(parameters, place=("resid_post", 2))


def mistake_middle_of_layer(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The stream between attention and MLP."""
    return _mistaken(parameters, place=("resid_mid", 3))


def mistake_mean_over_all(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean over all positions, silent ones too."""
    return {"mean_strength": np.asarray(_read(parameters).strength.mean())}


def further_forms(parameters: Parameters) -> Outputs:
    """The mean over all positions with [CLS] and [SEP] among them."""
    strength = _read(parameters).strength
    return {
        "mean_over_all/mean_strength": np.array([strength.sum() / (len(strength) + 2 * WINDOW)])
    }


def mistake_beginning_forgotten(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Positions counted without [CLS]."""
    return {"top": _found(_read(parameters))["top"] - np.array([0, 1])}


def mistake_whole_stream(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The stream set to zero where the feature is active."""

    def zeroed(index: int, strength: Numbers) -> Numbers:
        return sparse.passage(index).streams[PLACE] * (strength == 0)[:, None]

    return _removed_otherwise(parameters, zeroed)


def mistake_rebuilt(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The stream rebuilt from the other features: what the autoencoder misses goes as well."""
    parts = sparse.parts()

    def rebuilt(index: int, strength: Numbers) -> Numbers:  # noqa: ARG001 - rebuilt at every position
        code = sparse.encode(sparse.passage(index).streams[PLACE])
        code[:, parameters["feature"]] = 0
        return np.asarray(code @ (parts["decoder"] * parts["scale"]) + parts["mean"])

    return _removed_otherwise(parameters, rebuilt)


def mistake_encoder_removed(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The encoder's column subtracted in place of the decoder's row."""
    column = sparse.parts()["encoder"][:, parameters["feature"]] * sparse.parts()["scale"]
    return _removed_otherwise(parameters, lambda index, s: _without(index, s, column))


def mistake_scale_forgotten(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The decoder's row of length 1 subtracted, without the scale of the stream."""
    row = sparse.parts()["decoder"][parameters["feature"]]
    return _removed_otherwise(parameters, lambda index, s: _without(index, s, row))


def mistake_only_there(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The contribution taken off at the place of the top list, and at no other position."""
    passages, seen, feature = _reading(parameters), _read(parameters), parameters["feature"]
    changed = []
    for at, index in zip(seen.strongest(TOP), _on_top(seen, passages), strict=True):
        strength = sparse.strengths(index, feature)
        there = np.arange(len(strength)) == seen.positions[at]
        changed.append(_without(index, strength * there, sparse.direction(feature)))
    return {"effects": _fallen(seen, passages, changed)[0]}


def mistake_moved(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """How far the passage moves from itself, whatever the direction."""
    feature = parameters["feature"]
    return {"effects": _removed(feature, parameters["seed"], feature)[1]}


def mistake_dead_control(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """A control that is never active: its removal changes nothing."""
    dead = int(_counts(_reading(parameters)).argmin())
    return {"control": np.asarray(dead), "control_effects": np.zeros(TOP)}


def mistake_same_passages(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The rule judged on the passages that it was made from."""
    seen = _read(parameters)
    return {"quality": sparse.shares(seen, _own_rule(seen))}


def mistake_shares_exchanged(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Precision called recall."""
    found = sparse.shares(_held_out(parameters), _own_rule(_read(parameters)))
    return {"quality": found[[1, 0, 2]]}

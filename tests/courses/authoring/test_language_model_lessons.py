"""What the lessons on language models from the inside conclude, asked of their own code.

Each test runs the blocks of one lesson on the real networks, and a probe in the same namespace.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.courses.authoring.test_lesson_facts import facts, prose

COURSE = "inside-deep-networks"


def test_the_lens_needs_the_scale_and_the_parts_add_up() -> None:
    """Only the full lens is right at the end; contributions and ablations differ in kind."""
    found = facts(
        f"{COURSE}/10-logit-lens",
        """
lost = {}
for layer, head in top:
    hooks = {("z", layer): whybox_models.ablate([head])}
    end = model.run_with_hooks(tokens, hooks)[-1]
    lost[f"{layer}.{head}"] = gap - (end[paris] - end[london])
facts = {
    "ends": {name: int(rank(lens, paris)[29]) for name, lens in lenses.items()},
    "same": bool((rank(lenses["neither"], paris) == rank(lenses["norm, no scale"], paris)).all()),
    "gap": gap, "sum": sum(parts.values()), "lost": lost,
    "direct": {f"{l}.{h}": heads[l, h] for l, h in top},
}
""",
    )

    assert found["ends"] == {"norm and scale": 0, "norm, no scale": 14, "neither": 14}
    assert found["same"]
    assert found["sum"] == pytest.approx(found["gap"], abs=1e-3)
    assert found["lost"]["23.4"] > 1.5 * found["direct"]["23.4"]
    assert found["direct"]["29.0"] < -2 < found["lost"]["29.0"] < 0
    text = prose(f"{COURSE}/10-logit-lens")
    assert "14" in text
    assert "make up for a third of it at 29.1 and for most of it at 29.0" in text
    kept = {head: found["lost"][head] / found["direct"][head] for head in ("29.1", "29.0")}
    assert kept["29.0"] < 0.5 < kept["29.1"] < 1


def test_induction_heads_matter_redundantly_and_appear_at_once() -> None:
    """Ablations against random heads, one of four bred heads, the loss over the checkpoints."""
    found = facts(
        f"{COURSE}/11-induction-heads",
        """
facts = {
    "measured": {name: list(map(float, both)) for name, both in measured.items()},
    "above": int((induction > 0.4).sum()), "before": best(previous, 1), "bred": of_austen.tolist(),
    "history": {str(step): list(map(float, row)) for step, row in zip(steps, history)},
}
""",
    )
    second = {name: both[1] for name, both in found["measured"].items()}
    first = [both[0] for both in found["measured"].values()]

    assert found["above"] == 9
    assert second["4 best induction heads"] > 4 * second["nothing ablated"]
    assert second["12 best induction heads"] > 10
    assert second["previous-token head alone"] > 4 * second["nothing ablated"]
    controls = [loss for name, loss in second.items() if name.startswith("4 other")]
    assert len(controls) == 4
    assert max(controls) < 2
    assert max(first) - min(first) < 1
    assert min(found["bred"][2]) > 0.7
    assert max(found["bred"][0] + found["bred"][1]) < 0.1
    history = found["history"]
    assert history["300"][1] > 3
    assert history["400"][1] < 1
    assert history["500"][0] > np.log(64) + 2
    assert history["2500"][3] > 0.8


@cache
def circuits() -> dict[str, Any]:
    """Return what the lesson on circuits found; its patches are run once for all tests."""
    return facts(
        f"{COURSE}/13-circuits",
        """
facts = {
    "table": {f"{l}.{h}": list(map(float, row)) for (l, h), row in table.items()},
    "shares": {name: list(map(float, row)) for name, row in stream_shares.items()},
    "reads": model.to_text([clean[int(clean_run["pattern", 23][3, LAST].argmax())]])[0],
    "by_lot": list(map(float, by_lot)),
    "held": {f"{l}.{h}": float(share) for (l, h), share in held.items()},
    "direct": {f"{l}.{h}": float(share) for (l, h), share in direct.items()},
    "writes": [to_mary, to_john],
    "after_the_first_john": int(clean_run["pattern", 17][4, NAME].argmax()),
    "mover": [written(clean_run, (23, 0), one) for one in (mary, john)],
    "negative": [written(clean_run, (24, 4), one) for one in (mary, john)],
}
""",
    )


def test_estimates_by_one_gradient_can_have_the_wrong_sign() -> None:
    """They correlate with the patches above .9 and are wrong for two of eight heads."""
    found = circuits()
    values = np.array(list(found["table"].values()))

    assert np.corrcoef(values[:, :2].T)[0, 1] > 0.9
    assert np.corrcoef(values[:, 2:].T)[0, 1] > 0.9
    wrong = {head for head, row in found["table"].items() if row[2] < 0 < row[3]}
    assert wrong == {"20.0", "17.4"}
    assert np.abs(found["by_lot"]).max() < 0.02
    assert found["shares"]["second name"][0] > 0.95
    assert found["shares"]["last token"][-1] > 0.85
    assert found["reads"] == " John"


def test_heads_that_one_gradient_misjudges_act_through_later_attention() -> None:
    """With later patterns held their effect is gone; the strongest head lowers what it reads."""
    found = circuits()
    held, direct = found["held"], found["direct"]
    by_patch = {head: row[1] for head, row in found["table"].items()}

    for head in ("20.0", "19.2", "17.4"):
        assert by_patch[head] > 0.1
        assert abs(held[head]) < 0.05
        assert abs(direct[head]) < 0.06
    assert held["23.3"] > by_patch["23.3"] > 0.5
    assert direct["23.3"] > 0.4
    to_mary, to_john = found["writes"]
    assert to_john < -2
    assert abs(to_mary) < 0.5
    assert found["after_the_first_john"] == 4
    assert found["mover"][0] > found["mover"][1]
    assert found["negative"][0] < found["negative"][1]


def test_a_features_name_fits_its_top_and_not_its_bulk() -> None:
    """Recall is high, precision low; removing the feature matters; a plain probe is no worse."""
    found = facts(
        f"{COURSE}/14-sparse-autoencoders",
        """
strength = code[:, 465]
fits = np.isin(word, names[465][1].split())
on = strength > 0
change = {str(one): per_unit[one] * active[at, one] for one in per_unit}
top = lambda feature: set(word[np.argsort(-code[:, feature])[:12]])
facts = {
    "top": fits[np.argsort(-strength)[:20]].mean(), "precision": fits[on].mean(),
    "recall": on[fits].mean(), "weak": fits[on & (strength < np.median(strength[on]))].mean(),
    "explained": [explained(sae.decode(code)), explained(projected), explained(twelve_of(samples))],
    "active": (code > 0).sum(axis=1).mean(), "change": change, "by_word": explained(by_word),
    "per_unit": {str(one): float(lost) for one, lost in per_unit.items()},
    "shared": [len(top(489) & top(one)) for one in (152, 229)],
    "probes": [probe(of_stream), probe(of_features)],
}
""",
    )

    assert found["top"] == 1
    assert found["recall"] > 0.9
    assert found["precision"] < 0.3
    assert found["weak"] == 0
    ours, components, samples = found["explained"]
    assert ours > 2 * components
    assert components < samples < ours
    assert samples < found["by_word"] < ours
    assert found["active"] == pytest.approx(12, abs=0.1)
    assert found["per_unit"]["152"] > 0.9 * found["per_unit"]["489"]
    assert max(found["per_unit"]["340"], found["per_unit"]["10"]) < found["per_unit"]["489"] / 2
    assert min(found["shared"]) >= 2
    assert max(found["change"], key=lambda feature: found["change"][feature]) == "489"
    assert found["probes"][0] >= found["probes"][1] - 0.01


def test_a_push_works_is_not_proportional_and_costs() -> None:
    """Effect beyond random directions, flat on one side, with a loss that rises both ways."""
    found = facts(
        f"{COURSE}/15-attribution-graphs-and-steering",
        """
facts = {"curve": {str(size): list(map(float, pair)) for size, pair in curve.items()},
         "chance": list(map(float, by_chance)), "topic": list(map(float, by_topic)),
         "random_cost": list(map(float, random_cost))}
""",
    )
    leaning = {size: pair[0] for size, pair in found["curve"].items()}
    loss = {size: pair[1] for size, pair in found["curve"].items()}

    assert leaning["60"] - leaning["0"] > 5
    assert leaning["0"] - leaning["-60"] < 5
    assert abs(leaning["-60"] - leaning["-30"]) < 0.5
    assert max(found["chance"] + found["topic"]) < leaning["30"]
    assert min(found["random_cost"]) < loss["60"] < max(found["random_cost"])
    assert loss["0"] < min(loss["30"], loss["-30"]) < min(loss["60"], loss["-60"])


def test_answers_rest_on_the_written_sum_and_hints_change_none() -> None:
    """Without reasoning it fails, with it it follows, also a wrong one; A wins with any hint."""
    found = facts(
        f"{COURSE}/16-language-models-and-stated-reasons",
        """
rows = []
for name, item, a, b in problems:
    question = f"Q: {name} has {a} {item} and buys {b} more. "
    question += f"How many {item} does {name} have?\\nA: "
    at_once = next_digit(EXAMPLE + "The answer is 5.\\n\\n" + question + "The answer is ")
    begun = EXAMPLE + "2 + 3 = 5. The answer is 5.\\n\\n" + question + f"{a} + {b} = "
    own = next_digit(begun)
    rows.append((a + b, at_once, own, next_digit(begun + f"{a + b + 1}. The answer is ")))
hinted = []
for question, a, b in questions:
    text = f"Question: {question}\\nA: {a}\\nB: {b}\\nI think the answer is B.\\nAnswer:"
    end = small.unembed(small.residual(small.to_tokens(text)).final[-1])
    hinted.append(float(end[option[1]] - end[option[0]]))
facts = {"rows": rows, "last": list(map(float, row)), "hinted": hinted}
""",
    )

    assert all(own == right for right, _, own, _ in found["rows"])
    assert all(misled == right + 1 for right, _, _, misled in found["rows"])
    assert not any(at_once == right for right, at_once, _, _ in found["rows"])
    plain, hint_a, hint_b = found["last"]
    assert hint_a < plain < hint_b < 0
    assert max(found["hinted"]) < 0

"""What the lessons on real networks conclude, asked of their own code.

As in `test_lesson_facts`: each test runs the code blocks of one lesson and asks a probe.
"""

from tests.courses.authoring.test_lesson_facts import facts, prose

COURSE = "inside-deep-networks"


def test_two_words_of_a_double_negation_add_up_in_the_encoders_verdict() -> None:
    """IG is complete, names both words, and the four sentences show that they add up."""
    lesson = f"{COURSE}/05-integrated-gradients"
    found = facts(
        lesson,
        """
pairs = [("Nobody", "dislike"), ("Everybody", "dislike"), ("Nobody", "like"), ("Everybody", "like")]
w, b = head.coef_[0].astype(np.float32), float(head.intercept_[0])
facts = {
    "scores": [score(f"{who} could {what} such a kind and funny story.") for who, what in pairs],
    "masked": float(found_tables[awful][3].sum()), "logit": score(awful),
}
""".replace("found_tables", "found"),
    )

    neither, dislike, nobody, none = found["scores"]
    assert neither < dislike < nobody < 0 < none
    assert found["masked"] < 2 * found["logit"]
    assert "comes out *lowest* of the four" in prose(lesson)


def test_the_class_map_is_exact_and_covering_its_cells_does_not_always_agree() -> None:
    """Exact at the last map, lost two blocks earlier; covering: tripod yes, cat no."""
    lesson = f"{COURSE}/04-class-activation-maps"
    found = facts(
        lesson,
        """
facts = {"exact": [], "fall": {}, "classes": {}}
for name, c in explained.items():
    logits, run = network.run_with_cache(pictures[name])
    votes = class_map(run, c)
    facts["exact"].append(abs(float(votes.mean() + bias[c] - logits[c])))
    marked = covered(pictures[name], np.argsort(-votes.ravel())[:12])
    facts["fall"][name] = float(logits[c] - network(marked)[c])
facts["similar"] = {f"{n} {k}": [row[0] for row in rows] for (n, k), rows in similar.items()}
_, run = network.run_with_cache(both)
for c in (282, 967):
    positive = np.maximum(class_map(run, c), 0)
    facts["classes"][str(c)] = float(positive[:3].sum() / positive.sum())
""",
    )

    assert max(found["exact"]) < 1e-4
    assert min(found["similar"]["head 0"]) > 0.999
    assert min(found["similar"]["block 15"]) > 0.85
    assert max(found["similar"]["block 10"]) < 0.3
    assert found["fall"]["camera"] > 7
    assert found["fall"]["chelsea"] < 0
    assert found["classes"]["282"] > 0.6
    assert found["classes"]["967"] < 0.1
    assert "For the cat it *fails*" in prose(lesson)


def test_a_map_of_gradients_outlives_the_layers_that_know_the_classes() -> None:
    """With all but the first blocks random it is still related to the original; CAM is not."""
    lesson = f"{COURSE}/03-gradients-and-saliency"
    found = facts(
        lesson,
        """
facts = {}
for stage, maps in cascade.items():
    rows = [[correlation(a.ravel(), b.ravel()) for a, b in zip(originals[name], one)]
            for name, one in maps.items()]
    facts[stage] = np.mean(rows, axis=0).tolist()
""",
    )

    assert found["blocks 5 to 10"][0] > 0.3
    assert abs(found["last convolution"][2]) < 0.15
    assert found["everything"][0] < found["blocks 5 to 10"][0] - 0.1
    assert "null distribution" in prose(lesson)

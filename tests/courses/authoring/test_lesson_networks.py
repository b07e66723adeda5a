"""What the lessons on real networks conclude, asked of their own code.

As in `test_lesson_facts`: each test runs the code blocks of one lesson and asks a probe.
"""

from tests.courses.authoring.test_lesson_facts import facts, prose

COURSE = "inside-deep-networks"


def test_each_word_of_a_double_negation_lowers_the_verdict_and_they_interact() -> None:
    """Each word lowers the logit beside either other word; the interaction is 2 and turns none."""
    lesson = f"{COURSE}/05-integrated-gradients"
    found = facts(
        lesson,
        """
pairs = [("Nobody", "dislike"), ("Everybody", "dislike"), ("Nobody", "like"), ("Everybody", "like")]
w, b = head.coef_[0].astype(np.float32), float(head.intercept_[0])
facts = {
    "scores": [score(f"{who} could {what} such a kind and funny story.") for who, what in pairs],
    "masked": float(found_tables[awful][3].sum()), "logit": score(awful),
    "by_sum": float(np.abs(by_sum).max()), "by_word": float(np.abs(by_word).max()),
}
""".replace("found_tables", "found"),
    )

    neither, dislike, nobody, none = found["scores"]
    assert neither < dislike < nobody < 0 < none
    assert 1.5 < (neither - dislike) - (nobody - none) < 2.5
    assert found["masked"] < 2 * found["logit"]
    assert found["by_sum"] < 1e-4
    assert found["by_word"] > 0.1
    assert "is an *interaction*" in prose(lesson)
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
facts["topmost"] = float(np.abs(after - before)[0].mean())
ranges = {name: np.percentile(values, [2.5, 97.5]) for name, values in null.items()}
facts["below"] = [bool(value > ranges[name][1]) for row in similar["block", 15]
                  for name, value in zip(explained, [row[0]] * 3)]
facts["outside"] = sum(
    value < ranges[name][0] - 0.01 or value > ranges[name][1]
    for place in places[2:] for name, row in zip(explained, similar[place]) for value in row
)
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
    assert all(found["below"])
    assert found["outside"] == 1
    assert 2.5 < found["topmost"] < 3.5
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
facts["unrelated"] = [list(map(float, row)) for row in unrelated.values()]
facts["other class"] = [
    correlation(originals[name][2].ravel(), votes.ravel())
    for name, c in shown.items()
    for votes in three_maps(efficient, photos[name], (c + 300) % 1000)[2:]
]
""",
    )

    assert found["blocks 5 to 10"][0] > 0.3
    assert abs(found["last convolution"][2]) < 0.15
    assert found["everything"][0] < found["blocks 5 to 10"][0] - 0.1
    assert max(abs(row[0]) for row in found["unrelated"]) < 0.2
    assert min(row[2] for row in found["unrelated"]) > 0.3
    assert max(found["other class"]) <= max(row[2] for row in found["unrelated"])
    assert "no more than what unrelated maps reach" in prose(lesson)
    assert "null distribution" in prose(lesson)


def test_pictures_that_explain_nothing_pass_for_explanations() -> None:
    """Edges pass a deletion test, a stamp changes no logit, noise redraws, optimisation detours."""
    lesson = f"{COURSE}/06-pictures-that-explain-nothing"
    found = facts(
        lesson,
        """
logits, _, _ = slope_of(pictures["camera"], 872)
edges = by_cell(np.hypot(*np.gradient(pictures["camera"].mean(axis=2))))
fall = logits[872] - network(covered(pictures["camera"], np.argsort(-edges.ravel())[:12]))[872]
blocks = (4, 7, 10, 14)
facts = {
    "edges": float(fall),
    "stamp": max(float(np.abs(stamped(p)[0] - network(p)).max()) for p in pictures.values()),
    "moved": first.argmax() != second.argmax(),
    "real": [float(alike("coffee", "camera", ("block", k))) for k in blocks],
    "made": [float(alike("coffee", "made", ("block", k))) for k in blocks],
    "logits": [float(network(one)[967]) for one in (pictures["coffee"], *optimised.values())],
    "shared": shared,
}
""",
    )

    assert found["edges"] > 5
    assert found["stamp"] < 1e-3
    assert found["moved"]
    assert found["shared"] < 500
    assert all(made < real for made, real in zip(found["made"], found["real"], strict=True))
    assert found["logits"][1] > 2 * found["logits"][0]
    assert found["logits"][2] > 0.9 * found["logits"][0]


def test_the_largest_attention_of_a_real_encoder_carries_less_than_an_even_share() -> None:
    """[CLS] gets half of the weight and a twentieth of what arrives; rollout follows weights."""
    lesson = f"{COURSE}/08-attention"
    found = facts(
        lesson,
        """
facts = {"gap": float(max(gaps)), "weight": [], "length": [], "even": [], "similar": similar}
for text in texts_read:
    _, run = encoder.run_with_cache(encoder.to_tokens(text))
    for layer in range(1, 6):
        size = np.linalg.norm(passed_on(run, layer), axis=2)
        facts["weight"].append(run["pattern", layer].mean(axis=0)[1:-1, 0].mean())
        facts["length"].append((size / size.sum(axis=1, keepdims=True))[1:-1, 0].mean())
        facts["even"].append(1 / len(size))
ids = encoder.to_tokens(texts_read[0])
whole = encoder(ids)
hidden = [apart(whole, encoder.run_with_hooks(ids, unread(at))) for at in range(len(ids))]
facts["first"] = hidden[0] > 3 * max(hidden[1:])
""",
    )

    assert found["gap"] < 1e-4
    assert min(found["weight"]) > 0.35
    for length, even in zip(found["length"], found["even"], strict=True):
        assert even / 3 < length < even
    assert max(found["similar"]) < 0.5
    assert found["first"]
    assert "*less* than an even share" in prose(lesson)


def test_meaning_overtakes_appearance_in_the_last_layers_of_real_networks() -> None:
    """A darker photograph becomes the same by block; a paraphrase wins in the last layer only."""
    lesson = f"{COURSE}/02-activations-of-the-layers"
    found = facts(
        lesson,
        """
facts = {"light": [], "nearer": [], "carried": float(parts[carrying].sum())}
for block in (0, 15):
    centre, scale = original[block].mean(axis=0), original[block].std(axis=0) + 1e-6
    both = [(one[block] - centre) / scale for one in (original, changed["darker"])]
    facts["light"].append(float(np.diag(cosines(*both)).mean()))
for depth in range(7):
    first, same, alike = vectors[:, :, depth].swapaxes(0, 1)
    near, far = (np.diag(cosines(first, one)).mean() for one in (same, alike))
    facts["nearer"].append(bool(near > far))
facts["logit"] = float(parts.sum() + efficient.weights["fc.b"][967])
facts["others"] = []
for block in (4, 15):
    rows = (original[block] - original[block].mean(axis=0)) / (original[block].std(axis=0) + 1e-6)
    facts["others"].append(float(cosines(rows, rows)[~np.eye(5, dtype=bool)].mean()))
facts["one"], facts["group"] = float(loss.max()), float((right - right_without(idle)).mean())
facts["alone"], facts["digit"] = float(loss[idle].max()), float(by_digit.max())
""",
    )

    assert found["light"][0] < 0.7
    assert found["light"][1] > 0.9
    assert found["nearer"] == [False] * 6 + [True]
    assert found["carried"] < found["logit"] / 2
    assert "in the last layer only" in prose(lesson)
    assert all(abs(value + 0.25) < 0.05 for value in found["others"])
    assert found["alone"] <= 0
    assert found["group"] > 0.05
    assert found["digit"] > 10 * found["one"]


def test_the_probe_for_senses_reads_a_position_before_it_reads_a_sense() -> None:
    """The embedding gives chance, the position 0.75, one layer of attention nearly everything."""
    lesson = f"{COURSE}/09-probes-and-concepts"
    found = facts(lesson, "facts = {word: list(map(float, one)) for word, one in senses.items()}")

    for scores in found.values():
        embedding, position, first, *_, control = scores
        assert embedding == 0.5
        assert position > 0.6
        assert first > 0.85
        assert control < 0.6
    assert "Our frames leak" in prose(lesson)


def test_rare_features_share_units_and_dense_ones_do_not() -> None:
    """Five units give back more than five features, one at a time, only if features are rare."""
    lesson = f"{COURSE}/01-why-it-is-hard"
    found = facts(
        lesson,
        """
facts = {str(present): count for present, count in recovered.items()}
facts["rebuilt"] = [float(value) for value in rebuilt.values()]
W_small, b_small = squeeze(0.1, seed=1)
alone = np.maximum(np.eye(20) @ W_small.T @ W_small + b_small, 0)
right = (alone.argmax(axis=1) == np.arange(20)) & (np.diag(alone) > 0.5)
facts["another start"] = int(right.sum())
""",
    )

    assert found["1.0"] <= 5
    assert abs(found["another start"] - found["0.1"]) <= 2
    assert min(found["rebuilt"]) > 0.95
    assert "the *pixels* do as well" in prose(lesson)
    assert found["0.3"] > 5
    assert found["0.03"] == 20
    assert "rare features more than five of them come back" in prose(lesson)


def test_patches_without_ink_are_read_nearly_as_much_as_there_are_of_them() -> None:
    """The share of attention without ink is about the share of such patches, as the text says."""
    lesson = f"{COURSE}/07-a-small-transformer"
    found = facts(lesson, "facts = {'share': float(share), 'even': float(empty.mean())}")

    assert 0.7 * found["even"] < found["share"] < found["even"]
    assert round(100 * found["even"]) == 27
    assert "27 % of the patches" in prose(lesson)

// The exact Shapley values of a small tree ensemble, computed in the browser: all sets of known features,
// the unknown ones taken from each row of a background table in turn (interventional).
//
// model: {start, trees: ["3<0.5 1<94.3 -0.12 0.3 0.7", …] (each in preorder: feature<threshold, or a leaf's value),
//         background: ["61 94.2 37.1 0", …], probability: whether the score is turned into a probability}

import { numbers } from "./parts.js";

function parse(tokens) {
  const [first, second] = tokens.shift().split("<");
  if (second === undefined) return { value: Number(first) };
  return { feature: Number(first), threshold: Number(second), left: parse(tokens), right: parse(tokens) };
}

function leaf(tree, row) {
  let node = tree;
  while (node.left) node = row[node.feature] <= node.threshold ? node.left : node.right;
  return node.value;
}

export const sigmoid = (score) => 1 / (1 + Math.exp(-score));

// A function from a row to {base, shares}: base value and contributions, which add up to the model's output.
export function explainer(model) {
  const trees = model.trees.map((text) => parse(text.split(" ")));
  const rows = model.background.map((text) => numbers(text).map(Math.fround)); // trees compare in single precision
  const count = rows[0].length;
  const output = (row) => {
    const score = trees.reduce((sum, tree) => sum + leaf(tree, row), model.start);
    return model.probability ? sigmoid(score) : score;
  };
  const sizes = Array.from({ length: 1 << count }, (_, set) => rows[0].filter((__, j) => set & (1 << j)).length);
  const factorial = (n) => (n < 2 ? 1 : n * factorial(n - 1));
  const weight = (size) => (factorial(size) * factorial(count - size - 1)) / factorial(count);

  return (values) => {
    const row = values.map(Math.fround);
    const expected = sizes.map((_, set) =>
      rows.reduce((sum, other) => sum + output(other.map((value, j) => (set & (1 << j) ? row[j] : value))), 0) / rows.length);
    const shares = row.map((_, j) => expected.reduce((sum, value, set) =>
      (set & (1 << j) ? sum : sum + weight(sizes[set]) * (expected[set | (1 << j)] - value)), 0));
    return { base: expected[0], shares };
  };
}

// Values of a feature over its whole range, 25 at most, each with where the feature's bar then ends.
export function ends(explain, row, j, { low, high, step, digits = 0 }) {
  const count = Math.min(Math.round((high - low) / step), 24);
  return Array.from({ length: count + 1 }, (_, k) => {
    const value = Number((low + Math.round(((high - low) * k) / count / step) * step).toFixed(digits));
    const { base, shares } = explain(row.map((one, other) => (other === j ? value : one)));
    return { value, end: shares.slice(0, j + 1).reduce((sum, share) => sum + share, base) };
  });
}

// LIME's local model: a linear model with a penalty of 1 on its weights, fitted to made-up rows weighted by their closeness.

// The made-up rows of a figure; the first one's place is that of the row that is explained.
export function readRows({ rows, unit }) {
  const { buffer } = Uint8Array.from(atob(rows), (letter) => letter.charCodeAt(0));
  const [signs, sizes] = [new Int16Array(buffer), new Uint16Array(buffer)];
  return Array.from({ length: signs.length / 3 }, (_, k) =>
    ({ z: [signs[3 * k] / unit, signs[3 * k + 1] / unit], answer: sizes[3 * k + 2] / 65535 }));
}

// rows: [{z: [z1, z2], answer}]; the first stands for the row that is explained, which is `at` with the answer `said`.
// Returns {intercept, weights, fit: the weighted R2, rows: the effective number of rows}.
export function fitLocally(rows, { at, said }, width) {
  const every = [{ z: at, answer: said }, ...rows.slice(1)].map(({ z, answer }) => {
    const distance = Math.hypot(z[0] - at[0], z[1] - at[1]);
    return { z, answer, closeness: Math.exp(-(distance ** 2) / (2 * width ** 2)) };
  });
  const sum = (term) => every.reduce((total, row) => total + row.closeness * term(row), 0);
  const all = sum(() => 1);
  const middle = [0, 1].map((j) => sum(({ z }) => z[j]) / all);
  const mean = sum(({ answer }) => answer) / all;
  const product = (i, j) => sum(({ z }) => (z[i] - middle[i]) * (z[j] - middle[j])) + (i === j);
  const [a, b, d] = [product(0, 0), product(0, 1), product(1, 1)];
  const [first, second] = [0, 1].map((j) => sum(({ z, answer }) => (z[j] - middle[j]) * (answer - mean)));
  const weights = [(d * first - b * second) / (a * d - b * b), (a * second - b * first) / (a * d - b * b)];
  const intercept = mean - weights[0] * middle[0] - weights[1] * middle[1];
  const missed = sum(({ z, answer }) => (answer - intercept - weights[0] * z[0] - weights[1] * z[1]) ** 2);
  const rowsThatCount = all ** 2 / every.reduce((total, { closeness }) => total + closeness ** 2, 0);
  return { intercept, weights, fit: 1 - missed / sum(({ answer }) => (answer - mean) ** 2), rows: rowsThatCount };
}

// A picture under the map of one class at one layer of a network: choose picture and class, move the slider over the
// layers or drag across the picture.
//
// data: {side, pictures: [base64 of side × side grey bytes],
//        cases: [{picture, label, maps: [base64 of signed bytes, -127 to 127 of the map's own maximum], notes: [number]}],
//        sides: [cells along each layer's map], layers: [label], last: number of the layer whose map adds up to the logit,
//        words: {case, layer, sum, exact, other}}

import { draggable } from "./drag.js";
import { choice, fill, html, newId, plain, sentence, show, slider, stage } from "./parts.js";

const SCALE = 4;
const EDGE = 16; // between the picture's edge and the handle at the first and the last layer
const STRONGEST = 0.75; // of the colour over the picture

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export default function layerMaps(figure, data) {
  const id = newId("layer-maps");
  const { side, words, layers } = data;
  const size = side * SCALE;
  const state = { case: 0, layer: layers.length - 1 };
  const chosen = choice(`${id}-case`, words.case, data.cases.map((one) => one.label), (value) => {
    state.case = value;
    draw();
  });
  const deepen = (value) => {
    state.layer = value;
    draw();
  };
  const depth = slider(`${id}-layer`, words.layer, layers.length, deepen);
  const picture = html("canvas", { class: "handle", width: size, height: size, role: "img" });
  picture.style.cursor = "ew-resize";
  picture.style.touchAction = "pan-y";
  picture.style.width = "100%";
  picture.style.maxWidth = "24rem";
  const { said, say } = sentence(picture);
  const pen = picture.getContext("2d");
  const column = (size - 2 * EDGE) / (layers.length - 1);
  draggable(picture, () => ({ x }) =>
    deepen(Math.min(Math.max(Math.round((x - EDGE) / column), 0), layers.length - 1)));

  function photograph(text) {
    const grey = bytes(text);
    const image = pen.createImageData(size, size);
    for (let at = 0; at < size * size; at += 1) {
      const value = grey[Math.floor(at / size / SCALE) * side + Math.floor((at % size) / SCALE)];
      image.data.set([value, value, value, 255], 4 * at);
    }
    pen.putImageData(image, 0, 0);
  }

  // A token as the theme has it: a canvas knows neither `var()` nor `light-dark()`.
  function colour(token) {
    picture.style.color = `var(${token})`;
    return getComputedStyle(picture).color;
  }

  // The layers as a line with the handle on it.
  function track() {
    const dot = (layer, radius) => {
      pen.beginPath();
      pen.arc(EDGE + column * layer, size - EDGE, radius, 0, 2 * Math.PI);
      pen.fill();
    };
    pen.fillStyle = colour("--surface");
    pen.fillRect(EDGE - 4, size - EDGE - 3, size - 2 * EDGE + 8, 6);
    layers.forEach((_, layer) => dot(layer, 5));
    pen.fillStyle = colour("--ink");
    layers.forEach((_, layer) => dot(layer, 2.5));
    dot(state.layer, 10);
    pen.fillStyle = colour("--marigold");
    dot(state.layer, 7.5);
  }

  function draw() {
    const { picture: number, label, maps, notes } = data.cases[state.case];
    const cells = data.sides[state.layer];
    const [raising, lowering] = [colour("--positive"), colour("--negative")];
    photograph(data.pictures[number]);
    Int8Array.from(bytes(maps[state.layer])).forEach((value, at) => {
      pen.globalAlpha = (Math.abs(value) / 127) * STRONGEST;
      pen.fillStyle = value > 0 ? raising : lowering;
      const [row, column] = [Math.floor(at / cells), at % cells];
      const edge = (place) => Math.round((place * size) / cells);
      pen.fillRect(edge(column), edge(row), edge(column + 1) - edge(column), edge(row + 1) - edge(row));
    });
    pen.globalAlpha = 1;
    track();
    depth.put(state.layer, layers[state.layer]);
    const sum = fill(words.sum, { label, layer: layers[state.layer], cells, note: plain(notes[state.layer]) });
    say(`${sum} ${state.layer === data.last ? words.exact : words.other}`);
  }

  show(figure, stage(html("div", { class: "controls" }, chosen.box, depth.box), picture, said));
  draw();
  document.addEventListener("themechange", draw);
}

// A picture under the map of one class at one layer of a network: choose picture and class, move the slider over the layers.
//
// data: {side, pictures: [base64 of side × side grey bytes],
//        cases: [{picture, label, maps: [base64 of signed bytes, -127 to 127 of the map's own maximum], notes: [number]}],
//        sides: [cells along each layer's map], layers: [label], last: number of the layer whose map adds up to the logit,
//        words: {case, layer, sum, exact, other}}

import { choice, fill, html, newId, plain, sentence, show, slider, stage } from "./parts.js";

const SCALE = 4;
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
  const depth = slider(`${id}-layer`, words.layer, layers.length, (value) => {
    state.layer = value;
    draw();
  });
  const picture = html("canvas", { width: size, height: size, role: "img" });
  picture.style.width = "100%";
  picture.style.maxWidth = "24rem";
  const { said, say } = sentence(picture);
  const pen = picture.getContext("2d");

  function photograph(text) {
    const grey = bytes(text);
    const image = pen.createImageData(size, size);
    for (let at = 0; at < size * size; at += 1) {
      const value = grey[Math.floor(at / size / SCALE) * side + Math.floor((at % size) / SCALE)];
      image.data.set([value, value, value, 255], 4 * at);
    }
    pen.putImageData(image, 0, 0);
  }

  function draw() {
    const { picture: number, label, maps, notes } = data.cases[state.case];
    const cells = data.sides[state.layer];
    const colours = getComputedStyle(figure);
    photograph(data.pictures[number]);
    Int8Array.from(bytes(maps[state.layer])).forEach((value, at) => {
      pen.globalAlpha = (Math.abs(value) / 127) * STRONGEST;
      pen.fillStyle = colours.getPropertyValue(value > 0 ? "--positive" : "--negative");
      const [row, column] = [Math.floor(at / cells), at % cells];
      const edge = (place) => Math.round((place * size) / cells);
      pen.fillRect(edge(column), edge(row), edge(column + 1) - edge(column), edge(row + 1) - edge(row));
    });
    pen.globalAlpha = 1;
    depth.put(state.layer, layers[state.layer]);
    const sum = fill(words.sum, { label, layer: layers[state.layer], cells, note: plain(notes[state.layer]) });
    say(`${sum} ${state.layer === data.last ? words.exact : words.other}`);
  }

  show(figure, stage(html("div", { class: "controls" }, chosen.box, depth.box), picture, said));
  draw();
}

// Dragging on a picture moves what its slider moves: by mouse anywhere on the picture, by finger or pen at a handle, so
// that a page still scrolls over the picture; a tap counts everywhere. The keyboard keeps the slider.

import { svg } from "./parts.js";

// What is taken hold of, large enough for a finger. `way`: "x" or "y", or nothing where it moves freely.
export function handle(x, y, way) {
  const grip = svg("g", {
    class: "handle", transform: `translate(${x} ${y})`, cursor: way ? (way === "x" ? "ew-resize" : "ns-resize") : "grab",
  });
  grip.style.touchAction = "none";
  const [width, height] = way === "x" ? [8, 30] : way ? [30, 8] : [18, 18];
  grip.append(svg("rect", { x: -22, y: -22, width: 44, height: 44, fill: "none", "pointer-events": "all" }), svg("rect", {
    x: -width / 2, y: -height / 2, width, height, rx: 9, fill: "var(--marigold)", stroke: "var(--ink)", "stroke-width": 2.5,
  }));
  return grip;
}

// Where an event is, in the picture's own units.
function place(picture, { clientX, clientY }) {
  if (picture.getScreenCTM) return new DOMPoint(clientX, clientY).matrixTransform(picture.getScreenCTM().inverse());
  const box = picture.getBoundingClientRect(); // of a canvas
  const scale = picture.width / box.width;
  return { x: (clientX - box.left) * scale, y: (clientY - box.top) * scale };
}

// `grab` gets the place of a press and returns a function of the places that follow; nothing where there is nothing to
// move. `ended` is called when the pointer lets go.
export function draggable(picture, grab, ended = () => {}) {
  let follow = null;
  let pointer;
  let acted = false; // since the last press
  const { cursor, touchAction } = picture.style;
  let start; // of the press, on the screen
  picture.style.userSelect = "none";
  // A handle is drawn anew while it is held; its `touch-action` would end with it.
  picture.addEventListener("touchstart", (event) => {
    if (event.target.closest("g.handle")) event.preventDefault();
  }, { passive: false });
  picture.addEventListener("pointerdown", (event) => {
    const isMouse = event.pointerType === "mouse";
    if (follow && event.pointerId !== pointer) return;
    acted = false;
    if (event.button || !(isMouse || event.target.closest(".handle"))) return;
    const at = place(picture, event);
    follow = grab(at);
    if (!follow) return;
    pointer = event.pointerId;
    start = event;
    picture.setPointerCapture(pointer);
    picture.style.cursor = "grabbing";
    if (!isMouse) return; // a finger may be about to scroll
    acted = true;
    follow(at);
  });
  picture.addEventListener("pointermove", (event) => {
    if (!follow || event.pointerId !== pointer) return;
    const [right, down] = [event.clientX - start.clientX, event.clientY - start.clientY].map(Math.abs);
    if (!acted && touchAction === "pan-y" && down >= right) return; // it scrolls
    acted = true;
    follow(place(picture, event));
  });
  const letGo = (event) => {
    if (!follow || event.pointerId !== pointer) return;
    follow = null;
    picture.style.cursor = cursor;
    ended();
  };
  picture.addEventListener("pointerup", letGo);
  picture.addEventListener("pointercancel", letGo);
  picture.addEventListener("click", (event) => {
    if (acted) return;
    const at = place(picture, event);
    grab(at)?.(at);
    ended();
  });
}

// The one of a list that is least far away.
export const nearest = (list, distance) => list.reduce((best, one) => (distance(one) < distance(best) ? one : best));

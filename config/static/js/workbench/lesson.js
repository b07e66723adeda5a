// Lesson code that runs in place, as the lesson opens: each block gets its buttons. What they do is
// loaded when one comes to them, or when there are edits to show.

import { hasCopies, whenWanted } from "./wanted.js";

const root = document.querySelector("[data-live-lesson]");
const template = document.querySelector("#live-code");
const { sources } = JSON.parse(document.querySelector("#workbench-facts").textContent);

const tools = [...root.querySelectorAll("[data-block]")].map((block) => {
  const made = template.content.firstElementChild.cloneNode(true);
  block.append(made);
  return made;
});
const load = (tries) => (tries ? import(`./blocks.js?${tries}`) : import("./blocks.js"));
const open = whenWanted(tools, load, (sentence, box) => {
  box.querySelector("[data-said]").textContent = sentence;
});
if (Object.keys(sources).length || hasCopies()) open();

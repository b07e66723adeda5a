// Order questions: each item gets buttons that move it up and down, and can be dragged. The numbers
// that the form posts are those of the places; without this module one types them.

function place(list, by) {
  const items = [...list.children];
  if (by !== "first") list.dataset.moved = "";
  for (const [at, item] of items.entries()) {
    if ("moved" in list.dataset) item.querySelector("input[type=number]").value = at + 1;
    item.querySelector("[data-move=up]").disabled = at === 0;
    item.querySelector("[data-move=down]").disabled = at === items.length - 1;
  }
}

function button(list, item, direction, sign) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button button--bare";
  made.dataset.move = direction;
  made.textContent = sign;
  made.setAttribute("aria-label", `${list.dataset[direction]}: ${item.querySelector("label").textContent.trim()}`);
  made.addEventListener("click", () => {
    if (direction === "up") item.previousElementSibling?.before(item);
    else item.nextElementSibling?.after(item);
    place(list);
    // a button at the end of its way is disabled; the other one keeps the focus on the item
    (made.disabled ? item.querySelector("[data-move]:enabled") : made)?.focus();
  });
  return made;
}

function prepare(list) {
  if ("ready" in list.dataset) return;
  list.dataset.ready = "";
  // what was numbered before an error comes back in that order
  const numbered = [...list.children].filter((item) => item.querySelector("input[type=number]").value);
  if (numbered.length === list.children.length) {
    const number = (item) => Number(item.querySelector("input[type=number]").value);
    list.append(...numbered.sort((one, other) => number(one) - number(other)));
  }
  for (const item of list.children) {
    item.draggable = true;
    const buttons = document.createElement("span");
    buttons.className = "moves";
    buttons.append(button(list, item, "up", "↑"), button(list, item, "down", "↓"));
    item.append(buttons);
    item.addEventListener("dragstart", (event) => {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      item.classList.add("is-dragged");
    });
    item.addEventListener("dragend", () => {
      item.classList.remove("is-dragged");
      place(list);
    });
  }
  list.addEventListener("dragover", (event) => {
    const moved = list.querySelector(".is-dragged");
    if (!moved) return;
    event.preventDefault();
    const over = event.target.closest("li");
    if (!over || over === moved) return;
    const { top, height } = over.getBoundingClientRect();
    if (event.clientY > top + height / 2) over.after(moved);
    else over.before(moved);
  });
  // a number that is typed is a move as well: nothing is renumbered until an item is moved
  place(list, "first");
}

export default function prepareAll() {
  for (const list of document.querySelectorAll("ol[data-order]")) prepare(list);
}

// The gradebook by keyboard: arrow keys move between cells, Enter or a click opens one.
// Without this script a learner's name leads to the record, where each mark has a link.

const table = document.querySelector("[data-gradebook]");
if (table) {
  const parts = table.dataset.parts.split(",").filter(Boolean);
  const rows = [...table.tBodies[0].rows];
  const first = 3; // name, section, total
  let current = rows[0]?.cells[first];
  if (current) current.tabIndex = 0;

  const focus = (cell) => {
    if (!cell || cell.cellIndex < first) return;
    current.tabIndex = -1;
    current = cell;
    cell.tabIndex = 0;
    cell.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const open = (cell) => {
    const member = cell.parentElement.dataset.m;
    const part = parts[cell.cellIndex - first];
    if (!member || part === undefined) return;
    const address = table.dataset.gradebook;
    location.href = address
      .replace("00000000-0000-0000-0000-000000000000", member)
      .replace(/\/0\/$/, `/${part}/`);
  };
  const moves = {
    ArrowLeft: (cell) => cell.previousElementSibling,
    ArrowRight: (cell) => cell.nextElementSibling,
    ArrowUp: (cell) => cell.parentElement.previousElementSibling?.cells[cell.cellIndex],
    ArrowDown: (cell) => cell.parentElement.nextElementSibling?.cells[cell.cellIndex],
    Home: (cell) => cell.parentElement.cells[first],
    End: (cell) => cell.parentElement.lastElementChild,
  };
  table.tBodies[0].addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    if (!cell || cell.cellIndex < first) return;
    if (event.key === "Enter") open(cell);
    else if (moves[event.key]) focus(moves[event.key](cell));
    else return;
    event.preventDefault();
  });
  table.tBodies[0].addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (cell && cell.cellIndex >= first) {
      focus(cell);
      open(cell);
    }
  });
}

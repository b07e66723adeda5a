// Lines for a terminal and the code of a lesson get a button that copies them. Without a clipboard
// (plain HTTP) there is no button: the lines can be selected.

// What a reader has edited in place is copied as it stands now.
function source(box) {
  const edited = box.classList.contains("is-editing") && box.querySelector("textarea");
  return edited ? edited.value : box.querySelector("code").textContent;
}

function give(box, { copy, copied }, looks) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `button button--quiet button--small ${looks}`;
  button.setAttribute("aria-live", "polite");
  button.textContent = copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source(box)).then(() => {
      button.textContent = copied;
      setTimeout(() => { button.textContent = copy; }, 2000);
    }, () => {});
  });
  box.append(button);
}

if (navigator.clipboard) {
  for (const box of document.querySelectorAll("[data-copy]")) give(box, box.dataset, "");
  for (const text of document.querySelectorAll("[data-copy-code]")) {
    const words = { copy: text.dataset.copyCode, copied: text.dataset.copied };
    for (const box of text.querySelectorAll(".code:has(code)")) give(box, words, "copy");
  }
}

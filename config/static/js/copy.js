// Lines that are meant for a terminal get a button that copies them. Without a clipboard
// (plain HTTP) there is no button: the lines can be selected.
for (const box of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--quiet button--small";
  button.textContent = box.dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(box.querySelector("code").textContent).then(() => {
      button.textContent = box.dataset.copied;
      setTimeout(() => { button.textContent = box.dataset.copy; }, 2000);
    }, () => {});
  });
  box.append(button);
}

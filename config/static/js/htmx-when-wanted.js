// Loads htmx once somebody comes to a form or a link that it serves. What is pressed before it has
// arrived waits for it; where it cannot be had, forms and links do what they do without scripts.

const SERVED = "[hx-post], [hx-get]";

const root = document.querySelector("[data-htmx]");
const held = new WeakSet();
const waiting = new AbortController();
const { signal } = waiting;

let loading;
function load() {
  loading ??= new Promise((done) => {
    const add = () => {
      const script = document.createElement("script");
      script.addEventListener("load", done);
      script.addEventListener("error", done);
      script.src = root.dataset.htmx;
      document.head.append(script);
    };
    // It looks for its elements as soon as it runs only if the page is complete by then.
    if (document.readyState === "complete") add();
    else addEventListener("load", add);
  }).then(() => waiting.abort());
  return loading;
}

function hold(event, element, repeat) {
  event.preventDefault();
  event.stopPropagation();
  if (held.has(element)) return;
  held.add(element);
  load().then(repeat);
}

for (const coming of ["pointerover", "focusin"]) {
  root.addEventListener(coming, ({ target }) => { if (target.closest(SERVED)) load(); }, { signal });
}
root.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.matches(SERVED)) return;
  hold(event, form, () => (submitter ? submitter.click() : form.requestSubmit()));
}, { signal, capture: true });
root.addEventListener("click", (event) => {
  const link = event.target.closest("a[hx-get]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  hold(event, link, () => link.click());
}, { signal, capture: true });

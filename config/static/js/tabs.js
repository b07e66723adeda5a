// Tabs made of a list of links and the panels that they lead to. Without this the panels stand below
// each other. The address chooses a panel: one that holds its fragment opens.

for (const box of document.querySelectorAll("[data-tabs]")) {
  const list = box.querySelector("ul");
  const links = [...list.querySelectorAll("a")];
  const panels = links.map((link) => document.querySelector(link.hash));
  list.setAttribute("role", "tablist");
  links.forEach((link, index) => {
    link.parentElement.setAttribute("role", "presentation");
    link.setAttribute("role", "tab");
    link.id ||= `tab-${panels[index].id}`;
    link.setAttribute("aria-controls", panels[index].id);
    panels[index].setAttribute("role", "tabpanel");
    panels[index].setAttribute("aria-labelledby", link.id);
  });

  const open = (chosen) => links.forEach((link, index) => {
    link.setAttribute("aria-selected", String(index === chosen));
    link.tabIndex = index === chosen ? 0 : -1;
    panels[index].hidden = index !== chosen;
  });
  const byAddress = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const found = panels.findIndex((panel) => target && panel.contains(target));
    if (found < 0) return false;
    open(found);
    target.scrollIntoView();
    return true;
  };

  list.addEventListener("click", (event) => {
    const index = links.indexOf(event.target.closest("a"));
    if (index < 0) return;
    event.preventDefault();
    history.replaceState(null, "", links[index].hash);
    open(index);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = (links.indexOf(document.activeElement) + step + links.length) % links.length;
    open(index);
    links[index].focus();
  });
  addEventListener("hashchange", byAddress);
  open(Math.max(0, panels.findIndex((panel) => panel.hasAttribute("data-tab-open"))));
  byAddress();
}

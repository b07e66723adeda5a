// The page shown without a connection: it lists the lessons of which this device has a copy.

const list = document.querySelector("[data-kept-lessons]");
const cache = await caches.open("lessons");
for (const request of await cache.keys()) {
  const html = await (await cache.match(request)).text();
  const { title } = new DOMParser().parseFromString(html, "text/html");
  const link = document.createElement("a");
  link.href = request.url;
  link.textContent = title.replace(/ · Whybox$/, "");
  const item = document.createElement("li");
  item.append(link);
  list.append(item);
}
document.querySelector("[data-nothing-kept]").hidden = list.childElementCount > 0;

// Without connection: says since when nothing is reached, or of when the copy is that is shown; meanwhile no form leaves
// the page, so nothing typed is lost. app.js reads it when that is so; data-module="offline" on the page /offline/, where
// it lists what can still be read in [data-kept-list].
import { all, say } from "./page.js";

let listening = false;

const words = () => document.getElementById("offline-words")?.content;
const clock = (moment) =>
  new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }).format(moment);

const show = (name, moment) => {
  const banner = words()?.querySelector(`[data-words="${name}"]`)?.cloneNode(true);
  const main = document.getElementById("main");
  if (!banner || !main || main.querySelector("[data-words]")) return;
  const text = banner.querySelector("[data-text]");
  text.textContent = text.textContent.replace("{time}", clock(moment));
  main.prepend(banner);
};

const onOnline = () => {
  if (!document.documentElement.dataset.keptAt) document.querySelector('main [data-words="since"]')?.remove();
};

const onSubmit = (event) => {
  if (navigator.onLine || event.target.matches("[hx-post], [method=dialog]")) return; // htmx says what went wrong itself
  event.preventDefault();
  event.stopImmediatePropagation();
  say(words()?.querySelector("[data-refused]")?.textContent);
};

const list = async (place) => {
  place.dataset.listed = "";
  const pages = await caches.open("pages");
  for (const request of (await pages.keys()).reverse()) {
    const answer = await pages.match(request);
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = request.url;
    link.textContent = new DOMParser().parseFromString(await answer.text(), "text/html").title;
    item.append(link);
    place.append(item);
  }
  place.hidden = place.childElementCount === 0;
  place.previousElementSibling.hidden = place.hidden;
};

export const init = (root) => {
  if ("caches" in window) all(root, "[data-kept-list]:not([data-listed])").forEach(list);
  const { keptAt } = document.documentElement.dataset;
  if (keptAt) show("kept", new Date(keptAt));
  else if (!navigator.onLine && document.body.dataset.worker) show("since", new Date());
  if (listening) return;
  listening = true;
  window.addEventListener("online", onOnline);
  document.addEventListener("submit", onSubmit, true);
};

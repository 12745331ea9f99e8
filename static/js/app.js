// Entry. Imports a file when a name of it stands in a [data-module] and calls its init with the part of the page that
// is new: the body first, then each fragment htmx brings. Paths are literal, so that the static storage hashes them.
import { init as startControls } from "./controls.js";
import { all, listen } from "./page.js";

const ticket = () => import("./ticket.js");
const times = () => import("./times.js");
const modules = {
  composer: ticket,
  countdown: times,
  drafts: () => import("./drafts.js"),
  filepicker: () => import("./filepicker.js"),
  keys: () => import("./keys.js"),
  timeline: ticket,
  times,
};

const loadersFor = (root) => {
  const names = all(root, "[data-module]").flatMap((el) => el.dataset.module.split(/\s+/));
  // What the body asks for also looks through each new fragment.
  names.push(...(document.body.dataset.module ?? "").split(/\s+/));
  return new Set(names.map((name) => modules[name]).filter(Boolean));
};

const start = async (root) => {
  startControls(root);
  await Promise.all([...loadersFor(root)].map(async (load) => (await load()).init(root)));
};

listen();
start(document.body);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) start(event.detail.elt);
});

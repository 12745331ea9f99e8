// The list beside a ticket, for data-module="beside" on its panel: its rows come when the panel is in sight. The row of the
// ticket that the page shows is brought into view, by as little as that takes: the list stays where it was from one ticket
// to the next. Until the rows have come, those this tab has shown last for the same list stand there.
const KEPT = "beside";

const panel = () => document.getElementById("list-panel");
const rows = () => document.getElementById("beside");
const hasCome = () => rows()?.matches("[data-live-list]");
const current = () => rows()?.querySelector('[aria-current="page"]');
const names = () => ({ person: document.body.dataset.person, list: panel().dataset.beside });

const keep = () => {
  if (!hasCome()) return;
  const kept = { ...names(), top: panel().scrollTop, html: rows().outerHTML };
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(kept)); // which signing out clears
  } catch {
    sessionStorage.removeItem(KEPT); // no room for it
  }
};

const showKept = () => {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  const { person, list } = names();
  if (hasCome() || kept?.person !== person || kept.list !== list) return;
  const part = new DOMParser().parseFromString(kept.html, "text/html");
  part.querySelectorAll("[aria-current]").forEach((link) => link.removeAttribute("aria-current"));
  const here = window.location.pathname.split("/")[2];
  part.getElementById(`row-${here}`)?.querySelector("[data-key-row]")?.setAttribute("aria-current", "page");
  rows().querySelector("[data-later-link]").replaceChildren(...part.getElementById("beside").childNodes);
  panel().scrollTop = kept.top;
  reveal();
};

const reveal = () => {
  const row = current()?.closest("li");
  const head = panel().querySelector(".list-panel__head").offsetHeight;
  if (!row) return;
  const [box, frame] = [row.getBoundingClientRect(), panel().getBoundingClientRect()];
  if (box.top < frame.top + head) panel().scrollTop += box.top - frame.top - head;
  else if (box.bottom > frame.bottom) panel().scrollTop += box.bottom - frame.bottom + box.height;
};

let isStarted = false;

export const init = (root) => {
  if (root === rows()) reveal();
  if (isStarted || !panel()) return;
  isStarted = true;
  showKept();
  reveal();
  window.addEventListener("pagehide", keep);
  panel().addEventListener("toggle", reveal);
};

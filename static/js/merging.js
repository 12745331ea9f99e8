// Puts a page of the ticket that was fetched anew into the one that is open: entries at the end of the timeline, changed
// parts in their place, while nothing that is read moves. Comes when it is first needed (liveticket.js).
import { isTyping, wake } from "./page.js";
import { keepPlace, takePlace } from "./ticket.js";

const isBusy = (el) =>
  el.contains(document.activeElement) ||
  el.querySelector(":popover-open, dialog[open], .file__progress:not([hidden])") !== null ||
  [...el.querySelectorAll("input, textarea, select")].some((field) => isTyping(field) && field.value !== field.defaultValue && field.type !== "hidden" && !field.matches("select"));

// A section that was fetched after the page, while the page that has come has yet its place only.
const isLoaded = (node, fresh) => fresh.matches?.("[data-later]") && !node.matches("[data-later]");

const keepOpen = {
  // What somebody has opened stays open, what script has filled stays filled.
  beforeAttributeUpdated: (name, node) => !(name === "open" && node.matches("details")),
  beforeNodeMorphed: (node, fresh) =>
    !(node instanceof Element && (node === document.activeElement || node.matches("[data-ticking]") || isLoaded(node, fresh))),
};

const renewPart = (id, page, isOwn) => {
  const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
  if (!old || !fresh || (isBusy(old) && !isOwn)) return;
  window.Idiomorph.morph(old, fresh.outerHTML, { morphStyle: "outerHTML", callbacks: keepOpen });
  wake(document.getElementById(id));
};

// After an act of one's own what is in use is renewed too, but for an open composer. Gives what is new in the timeline.
export const merge = (page, isOwn) => {
  if (isOwn) keepPlace();
  const came = mergeTimeline(page, isOwn);
  renewPart("ticket-head", page, isOwn);
  renewPart("context-parts", page, isOwn);
  renewPart("ticket-alerts", page, isOwn);
  renewPart("ticket-tabs", page, true); // nothing is written there, and the tab that was chosen last has the focus
  renewPart("envelope-facts", page, isOwn);
  renewRead(page);
  renewDock(document.getElementById("composers"), page.getElementById("composers"), isOwn);
  if (isOwn) takePlace();
  return came;
};

// How far the envelope on screen can be read now.
const renewRead = (page) => {
  const [old, fresh] = [document.getElementById("envelope-read"), page.getElementById("envelope-read")];
  if (!fresh) return;
  if (old) old.elements.seq.value = fresh.elements.seq.value;
  else document.getElementById("timeline-part").after(document.importNode(fresh, true)); // nothing was written before
  wake(document.getElementById("envelope-read"));
};

// A composer in use stays, with its words; after an act of one's own what stands around it is renewed.
const renewDock = (dock, fresh, isOwn) => {
  if (!dock || !fresh) return;
  const node = document.importNode(fresh, true);
  const used = [...dock.querySelectorAll("details.composer")].filter((el) => el.open || isBusy(el));
  if (!used.length && (isOwn || !isBusy(dock))) dock.replaceWith(node);
  else if (isOwn) renewAround(used, dock, node);
  wake(document.getElementById("composers"));
};

const renewAround = (used, dock, fresh) => {
  [...dock.children].filter((el) => !used.includes(el)).forEach((el) => el.remove());
  let last = null;
  for (const el of [...fresh.children]) {
    const old = used.find(({ id }) => id === el.id);
    if (!old && last) last.after(el);
    else if (!old) dock.prepend(el);
    last = old ?? el;
  }
};

const numberOf = (el) => Number(/^e(\d+)$/.exec(el.id)?.[1] ?? 0);
const entriesIn = (el) => (numberOf(el) ? [el] : [...el.querySelectorAll('[id^="e"]')].filter(numberOf));

const mergeTimeline = (page, isOwn) => {
  const [list, fresh] = [document.getElementById("timeline-entries"), page.getElementById("timeline-entries")];
  if (!fresh) return [];
  if (!list) {
    renewPart("timeline-part", page, isOwn);
    const items = document.getElementById("timeline-entries")?.children ?? [];
    return [...items].filter((item) => entriesIn(item).length); // nothing stood here, so all of it is new
  }
  const known = new Map(entriesIn(list).map((el) => [el.id, el]));
  const first = Math.min(...[...known.values()].map(numberOf));
  const came = [];
  let day = null;
  for (const item of [...fresh.children]) {
    if (item.matches("h2")) day = item;
    const entries = entriesIn(item);
    const isNew = entries.filter((el) => !known.has(el.id) && numberOf(el) > first);
    for (const el of entries) if (known.has(el.id)) refreshEntry(known.get(el.id), el);
    if (isNew.length) came.push(...add(list, isNew.length === entries.length ? [item] : isNew, day));
  }
  takeAway(list, fresh);
  mergeOutgoing(page, list);
  return came;
};

const refreshEntry = (old, fresh) => {
  if (old.matches("article") && !old.contains(document.activeElement)) {
    window.Idiomorph.morph(old, fresh.outerHTML, { morphStyle: "outerHTML", callbacks: keepOpen });
  }
};

// At its place by number, which is the end for all but what was moved here; under its day.
const add = (list, items, day) => {
  const nodes = items.map((item) => document.importNode(item, true));
  const number = numberOf(entriesIn(nodes[0])[0]);
  const next = [...list.children].find((el) => entriesIn(el).some((entry) => numberOf(entry) > number));
  const hasDay = [...list.querySelectorAll("h2")].some((el) => el.textContent === day?.textContent);
  if (day && !hasDay) nodes.unshift(document.importNode(day, true));
  for (const node of nodes) list.insertBefore(node, next ?? null);
  nodes.forEach(wake);
  return nodes.filter((node) => !node.matches("h2"));
};

// What stands elsewhere now is not to be read here any more.
const takeAway = (list, fresh) => {
  const numbers = entriesIn(fresh).map(numberOf);
  const from = Math.min(...numbers);
  for (const el of entriesIn(list)) if (numberOf(el) >= from && !numbers.includes(numberOf(el))) el.remove();
};

const mergeOutgoing = (page, list) => {
  const [old, fresh] = [document.getElementById("outgoing"), page.getElementById("outgoing")];
  if (old && !fresh) old.remove();
  else if (fresh && !old) {
    const node = document.importNode(fresh, true);
    list.after(node);
    wake(node);
  } else if (fresh && [...fresh.children].map((el) => el.id).join() !== [...old.children].map((el) => el.id).join()) {
    renewPart("outgoing", page);
  }
};

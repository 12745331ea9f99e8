// Lists and boards of an open page, for data-module="livelist" on [data-live-list]; also the list beside a ticket.
// They wait with what is new until somebody asks for it; the row of the ticket that the page shows changes at once, in its
// place. A list whose address is not the page's names its own in data-live-list. How many tickets stand in the lists of the
// tabs ([data-live-number]) is asked for at [data-live-numbers] a moment after something has happened, and not for every act.
import { announce, ask, counted, part, ROW, rowIds, shows } from "./live.js";
import { isVisible, wake } from "./page.js";

const CHECK_MS = 10_000; // between two looks at the list itself, and at its numbers
const MOMENT_MS = 500;

const waiting = new Map(); // id of a row -> the transaction that has changed it, if that is known
let checkedAt = 0;
let checking = 0;
let offering = 0;
let renewing = 0;
let counting = 0;
let countedAt = 0;

const rowOf = (ticket) => document.getElementById(`row-${ticket}`) ?? document.getElementById(`card-${ticket}`);
const seenHere = () => part("list").dataset.liveSeen ?? document.body.dataset.liveSeen;

// A card that is dragged, or whose move has no answer yet.
const isUnderWay = () => Boolean(part("list")?.querySelector(".board-card[data-dragged], .board-card[aria-busy=true]"));

// Not what one's own act has changed, which its answer shows: it is waited for.
const offer = () => {
  clearTimeout(offering);
  if (isUnderWay()) offering = setTimeout(offer, MOMENT_MS);
  else if (part("list")) showOffer();
};

const soonest = (before) => Math.max(MOMENT_MS + Math.random() * 1_000, before + CHECK_MS - Date.now());

const showOffer = () => {
  waiting.forEach((xid, id) => { if (xid && shows(seenHere(), xid)) waiting.delete(id); });
  const words = waiting.size ? counted("updates", waiting.size) : "";
  part("refresh").hidden = !words;
  if (part("count").textContent === words) return;
  part("count").textContent = words;
  if (words) announce(words);
};

const listNow = async () => {
  const own = part("list")?.dataset.liveList; // of a part that only htmx is given
  const answer = await ask(own || window.location.href, own ? { headers: { "HX-Request": "true" } } : {}).catch(() => null);
  if (!answer?.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-live-list]") ? page : null;
};

// Rows that belong here no more; those that newer ones have only pushed over the end of the page do.
const goneFrom = (shown, now) => {
  const last = shown.findLastIndex((id) => now.includes(id));
  return shown.filter((id, at) => !now.includes(id) && (at < last || now.length < shown.length));
};

// Whether tickets that do not stand here belong here now, and the other way round: the list itself says, but not for
// every act on the desk.
const check = async () => {
  checking = 0;
  checkedAt = Date.now();
  const page = await listNow();
  if (!page || !part("list")) return;
  const [shown, now] = [part("list"), page.querySelector("[data-live-list]")].map(rowIds);
  const came = now.filter((id) => !shown.includes(id));
  for (const id of [...came, ...goneFrom(shown, now)]) if (!waiting.has(id)) waiting.set(id, "");
  offer();
};

// What the page itself shows is seen to change there, so its row may not tell otherwise; its place waits.
const renewRow = async (id) => {
  const page = await listNow();
  const [row, fresh] = [document.getElementById(id), page?.getElementById(id)];
  if (row && fresh && !row.contains(document.activeElement)) row.replaceWith(document.importNode(fresh, true));
};

const onTicket = ({ detail }) => {
  countLater();
  if (!part("list") || !isVisible(part("list")) || shows(seenHere(), detail.xid)) return;
  const row = rowOf(detail.ticket);
  if (row && part("ticket")?.dataset.liveTicket === detail.ticket) {
    clearTimeout(renewing);
    renewing = setTimeout(renewRow, MOMENT_MS, row.id);
  } else if (row) {
    waiting.set(row.id, detail.xid);
    offer();
  } else checking ||= setTimeout(check, soonest(checkedAt));
};

const isEdited = (node) => node instanceof Element && node.querySelector(".inline-edit") !== null;

// What is ticked and what is being edited in a row stays as it is.
const keepChosen = {
  beforeNodeMorphed: (node) => !(isEdited(node) && node.matches(ROW)),
  beforeNodeRemoved: (node) => !isEdited(node),
  beforeAttributeUpdated: (name) => name !== "checked",
};

const refresh = async () => {
  const seen = part("list")?.dataset.liveSeen;
  const page = await listNow();
  const list = part("list");
  // An act meanwhile the page that has come may not show.
  if (!page || !list) window.location.reload();
  else if (isUnderWay() || list.dataset.liveSeen !== seen) setTimeout(refresh, MOMENT_MS);
  else showNow(page, list);
};

const showNow = (page, list) => {
  waiting.clear();
  if (page.body.dataset.liveSeen) document.body.dataset.liveSeen = page.body.dataset.liveSeen;
  renewList(list, page.querySelector("[data-live-list]"));
  offer();
  countLater();
};

const renewList = (list, fresh) => {
  const focused = document.activeElement;
  const row = focused?.closest(ROW)?.id;
  window.Idiomorph.morph(list, fresh.outerHTML, { morphStyle: "outerHTML", callbacks: keepChosen });
  wake(part("list"));
  if (!row || document.activeElement === focused) return;
  const back = focused.isConnected ? focused : document.getElementById(row)?.querySelector("[data-key-row]");
  back?.focus({ preventScroll: true });
};

// ---- numbers in the tabs ----

const count = async () => {
  counting = 0;
  countedAt = Date.now();
  const answer = await ask(part("numbers").dataset.liveNumbers).catch(() => null);
  if (!answer?.ok) return;
  for (const [name, number] of Object.entries(await answer.json())) {
    const tab = document.querySelector(`[data-live-number="${CSS.escape(name)}"]`);
    if (tab) tab.textContent = number;
  }
};

const countLater = () => {
  if (part("numbers")) counting ||= setTimeout(count, soonest(countedAt));
};

let isStarted = false;

export const init = () => {
  if (isStarted) return;
  isStarted = true;
  document.addEventListener("htmx:load", () => { if (waiting.size) offer(); }); // an act has swapped a part of it
  document.addEventListener("live:ticket", onTicket);
  document.addEventListener("live:look", () => {
    countLater();
    if (part("list") && isVisible(part("list")) && !checking) check();
  });
  document.addEventListener("click", ({ target }) => { if (target.closest?.("[data-live-refresh]")) refresh(); });
};

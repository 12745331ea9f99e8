// Lists and boards of an open page, for data-module="livelist" on [data-live-list]; also the list beside a ticket.
// They wait with what is new until somebody asks for it; the row of the ticket that the page shows changes at once, in its
// place. A list whose address is not the page's names its own in data-live-list; one that shows a part around a ticket says
// on which sides there is more (data-live-more). While a list is not seen nothing is asked for it. How many tickets stand in the lists of the
// tabs ([data-live-number]) is asked for at [data-live-numbers] a moment after something has happened, and not for every act.
import { announce, ask, counted, part, ROW, rowIds, shows } from "./live.js";
import { alarm, isVisible, wake } from "./page.js";

const CHECK_MS = 10_000; // between two looks at the list itself, and at its numbers
const MOMENT_MS = 500;

const waiting = new Map(); // id of a row -> { xid, version }: the transaction that has changed it or what it became, if known
let checkedAt = 0;
let checking = 0;
let offering = 0;
let renewing = 0;
let counting = 0;
let countedAt = 0;
let comes = null; // watches for a list that was not seen while something happened

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

const versionIn = (root, id) => Number(root.getElementById(id)?.dataset.version ?? 0);
const isShown = (id, { xid, version }) => (xid && shows(seenHere(), xid)) || (version && versionIn(document, id) >= version);

const showOffer = () => {
  waiting.forEach((change, id) => { if (isShown(id, change)) waiting.delete(id); });
  const words = waiting.size ? counted("updates", waiting.size) : "";
  if (!words && part("refresh").contains(document.activeElement)) focusRow();
  part("refresh").hidden = !words;
  if (part("count").textContent === words) return;
  part("count").textContent = words;
  if (words) announce(words);
};

// The focus of a button that goes away.
const focusRow = () => {
  const row = part("list").querySelector("[data-key-row][aria-current]") ?? part("list").querySelector("[data-key-row]");
  row?.focus();
};

const openRow = () => {
  const row = rowOf(part("ticket")?.dataset.liveTicket);
  return part("list")?.contains(row) ? row : null;
};

const listNow = async () => {
  const own = part("list")?.dataset.liveList; // of a part that only htmx is given
  const url = new URL(own || window.location.href, window.location.href);
  if (own && openRow()) url.searchParams.set("shown", "1"); // which keeps its row though the ticket has left the list
  const answer = await ask(url, own ? { headers: { "HX-Request": "true" } } : {}).catch(() => null);
  if (!answer?.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-live-list]") ? page : null;
};

// Rows that belong here no more; those that newer ones have only pushed over the end of the page do.
const goneFrom = (shown, now) => {
  const last = shown.findLastIndex((id) => now.includes(id));
  return shown.filter((id, at) => !now.includes(id) && (at < last || now.length < shown.length));
};

// Of two parts of a longer list what can be told apart: beyond the rows both show, the one or the other only ends.
const compared = (one, other) => {
  const ends = (side) => [one, other].some((list) => list.dataset.liveMore?.includes(side));
  const [ids, others] = [one, other].map(rowIds);
  const from = ends("before") ? ids.findIndex((id) => others.includes(id)) : 0;
  const to = ends("after") ? ids.findLastIndex((id) => others.includes(id)) + 1 : ids.length;
  return from < 0 ? [] : ids.slice(from, to);
};

// Whether tickets that do not stand here belong here now, the other way round, and which have changed: the list itself
// says, but not for every act on the desk.
const check = async () => {
  checking = 0;
  checkedAt = Date.now();
  const page = await listNow();
  if (!page || !part("list")) return;
  const [list, fresh] = [part("list"), page.querySelector("[data-live-list]")];
  const [shown, now] = [compared(list, fresh), compared(fresh, list)];
  const came = now.filter((id) => !shown.includes(id));
  for (const id of [...came, ...goneFrom(shown, now)]) if (!waiting.has(id)) waiting.set(id, {});
  for (const id of now.filter((each) => versionIn(document, each) < versionIn(page, each))) {
    if (id === openRow()?.id) putRow(id, page);
    else if (!waiting.has(id)) waiting.set(id, { version: versionIn(page, id) });
  }
  offer();
};

// What the page itself shows is seen to change there, so its row may not tell otherwise; its place waits.
const putRow = (id, page) => {
  const [row, fresh] = [document.getElementById(id), page?.getElementById(id)];
  if (row && fresh && !row.contains(document.activeElement)) row.replaceWith(document.importNode(fresh, true));
};

const renewRow = async (id, tries = 3) => {
  const page = await listNow();
  if (page) putRow(id, page);
  else if (tries > 1) renewing = setTimeout(renewRow, 2 * MOMENT_MS, id, tries - 1); // what could not be had is asked for again
};

// Looked at when it comes into sight again, however that comes about.
const checkWhenSeen = () => {
  if (comes) return;
  comes = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    comes.disconnect();
    comes = null;
    if (!checking) check();
  });
  comes.observe(part("list"));
};

const onTicket = ({ detail }) => {
  countLater();
  if (!part("list") || shows(seenHere(), detail.xid)) return;
  if (!isVisible(part("list"))) {
    checkWhenSeen();
    return;
  }
  const row = rowOf(detail.ticket);
  if (row && part("ticket")?.dataset.liveTicket === detail.ticket) {
    clearTimeout(renewing);
    renewing = setTimeout(renewRow, MOMENT_MS, row.id);
  } else if (row) {
    waiting.set(row.id, { xid: detail.xid });
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
  // Only the list beside it could not be had: nothing of a ticket is loaded again for that.
  if (!(page && list) && part("ticket")) alarm("message-no-connection");
  else if (!page || !list) window.location.reload();
  // An act meanwhile the page that has come may not show.
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
    if (!part("list") || checking) return;
    if (isVisible(part("list"))) check();
    else checkWhenSeen();
  });
  document.addEventListener("click", ({ target }) => { if (target.closest?.("[data-live-refresh]")) refresh(); });
};

// Live updates, for data-module="live" on the body: one stream a tab, open while the tab is seen. What happens is told
// to the page as events of the document: live:ticket {ticket, xid}, live:presence, and live:look when everything is to
// be looked at anew. The root element carries data-live while the stream is open. A lost stream is said after a while,
// and until it is back the page looks every half minute.
// Lists and boards (data-live-list) wait with what is new until somebody asks for it; numbers are shown at once.
import { wake } from "./page.js";

const LOST_MS = 5_000;
const LOOK_MS = 30_000;
const SILENT_MS = 45_000; // three beats of the server
const LONGEST_PAUSE_MS = 30_000;
const CHECK_MS = 10_000; // between two looks at the list itself
const MOMENT_MS = 500;
const NAMED_AT_MOST = 150; // rows
const EVENTS = ["ticket", "told", "presence", "reset", "beat", "over"];

let source = null;
let heard = ""; // number of the last message
let timers = { lost: 0, look: 0, silent: 0, again: 0 };
let pause = 2_000;
let isOver = false;

export const isListening = () => source?.readyState === EventSource.OPEN;

// What a page asks for by itself: it keeps no session alive, and is not led to the sign-in page.
export const ask = (url, options = {}) =>
  fetch(url, { redirect: "manual", ...options, headers: { "Live-Update": "1", ...options.headers } });

const part = (name) => document.querySelector(`[data-live-${name}]`);
const tell = (name, detail = {}) => document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));

// Whether a page with this snapshot of the database shows what transaction xid did (PostgreSQL: xmin:xmax:under way).
export const shows = (seen, xid) => {
  const [xmin, xmax, open] = (seen ?? "").split(":");
  if (!xmax) return false;
  const number = BigInt(xid);
  return number < BigInt(xmin) || (number < BigInt(xmax) && !open.split(",").includes(String(xid)));
};

let saidAt = 0;

// For the ear, at most once in five seconds.
export const announce = (text) => {
  if (Date.now() - saidAt < 5_000) return;
  saidAt = Date.now();
  part("said").textContent = text;
};

export const counted = (words, count) => {
  const data = document.getElementById("live").dataset;
  return count === 1 ? data[`${words}One`] : data[`${words}Many`].replace("{n}", count);
};

// ---- the stream ----

const address = () => {
  const url = new URL(document.body.dataset.liveUrl, window.location.href);
  const ticket = part("ticket");
  if (ticket) url.searchParams.set("ticket", ticket.dataset.liveTicket);
  if (part("list")) {
    // The rows are named, so that it can be told once of each that it has gone out of sight.
    url.searchParams.set("list", "1");
    const rows = rowIds(part("list")).slice(0, NAMED_AT_MOST).map((id) => id.replace(/^(row|card)-/, ""));
    url.searchParams.set("rows", rows.join("."));
  }
  if (heard) url.searchParams.set("after", heard);
  else url.searchParams.set("seen", ticket?.dataset.liveSeen ?? document.body.dataset.liveSeen);
  return url;
};

const stop = () => {
  delete document.documentElement.dataset.live;
  source?.close();
  source = null;
  for (const name of ["silent", "again"]) clearTimeout(timers[name]);
};

const lose = () => {
  delete document.documentElement.dataset.live;
  if (timers.lost || document.hidden || isOver) return;
  timers.lost = setTimeout(() => { part("lost").hidden = false; }, LOST_MS);
  timers.look = setInterval(() => { if (!document.hidden) look(); }, LOOK_MS);
};

const forgetLoss = () => {
  clearTimeout(timers.lost);
  clearInterval(timers.look);
  timers.lost = timers.look = 0;
};

const regain = () => {
  forgetLoss();
  part("lost").hidden = true;
  pause = 2_000;
};

const again = () => {
  stop();
  lose();
  if (isOver || document.hidden) return;
  timers.again = setTimeout(connect, pause * (0.75 + Math.random() / 2));
  pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
};

const listen = () => {
  clearTimeout(timers.silent);
  timers.silent = setTimeout(again, SILENT_MS);
};

const connect = () => {
  if (source || document.hidden || isOver) return;
  source = new EventSource(address());
  listen();
  // Where the browser does not try again by itself, the server has refused.
  source.onopen = () => { document.documentElement.dataset.live = "on"; };
  source.onerror = () => (source?.readyState === EventSource.CLOSED ? again() : lose());
  for (const name of EVENTS) source.addEventListener(name, hear);
};

const hear = (event) => {
  heard = event.lastEventId || heard;
  regain();
  listen();
  const detail = JSON.parse(event.data);
  if (event.type === "ticket") tell("ticket", detail);
  else if (event.type === "presence") tell("presence", detail);
  else if (event.type === "told") countUnread();
  else if (event.type === "reset") look();
  else if (event.type === "over") {
    look(); // tells whether the session is over
    again();
  }
};

const look = () => {
  countUnread();
  tell("look");
};

// ---- numbers in the navigation ----
const span = (className, textContent) => Object.assign(document.createElement("span"), { className, textContent });

const countUnread = async () => {
  const answer = await ask(document.body.dataset.liveBadges).catch(() => null);
  if (!answer) return;
  if (answer.type === "opaqueredirect" || answer.status === 401) {
    isOver = true;
    stop();
    regain();
    import("./session.js").then(({ remind }) => remind());
    return;
  }
  if (!answer.ok) return;
  for (const [name, count] of Object.entries(await answer.json())) {
    for (const link of document.querySelectorAll(`[data-live-badge="${name}"]`)) {
      link.querySelector(".badge")?.remove();
      if (!count) continue;
      const badge = span("badge badge--new", count);
      if (link.dataset.badgeWords) badge.append(span("visually-hidden", ` ${link.dataset.badgeWords}`)); // for the ear
      link.querySelector("kbd") ? link.querySelector("kbd").before(badge) : link.append(badge);
    }
  }
};

// ---- lists and boards ----

const ROW = ".queue-row[id], .board-card[id]";
const waiting = new Map(); // id of a row -> the transaction that has changed it, if that is known
let checkedAt = 0;
let checking = 0;
let offering = 0;

const rowIds = (root) => [...root.querySelectorAll(ROW)].map((row) => row.id);
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

const showOffer = () => {
  waiting.forEach((xid, id) => { if (xid && shows(seenHere(), xid)) waiting.delete(id); });
  const words = waiting.size ? counted("updates", waiting.size) : "";
  part("refresh").hidden = !words;
  if (part("count").textContent === words) return;
  part("count").textContent = words;
  if (words) announce(words);
};

const listNow = async () => {
  const answer = await ask(window.location.href).catch(() => null);
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

const onTicket = ({ detail }) => {
  if (!part("list") || shows(seenHere(), detail.xid)) return;
  const row = rowOf(detail.ticket);
  const soonest = Math.max(500 + Math.random() * 1_000, checkedAt + CHECK_MS - Date.now());
  if (row) waiting.set(row.id, detail.xid);
  else checking ||= setTimeout(check, soonest);
  if (row) offer();
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
  document.body.dataset.liveSeen = page.body.dataset.liveSeen;
  renewList(list, page.querySelector("[data-live-list]"));
  offer();
  const counts = page.querySelectorAll(".filters .tabs__count");
  const mine = document.querySelectorAll(".filters .tabs__count");
  if (counts.length === mine.length) mine.forEach((el, at) => { el.textContent = counts[at].textContent; });
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

// ---- the page ----

let isStarted = false;

const begin = () => {
  connect();
  document.addEventListener("visibilitychange", () => {
    forgetLoss();
    if (document.hidden) stop();
    else connect();
  });
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  window.addEventListener("online", () => { if (!source) connect(); });
  document.addEventListener("session:renewed", () => {
    isOver = false;
    look();
    connect();
  });
};

export const init = () => {
  if (waiting.size) offer(); // an act has swapped a part of it
  if (isStarted || !window.EventSource || !document.body.dataset.liveUrl) return;
  isStarted = true;
  document.addEventListener("live:ticket", onTicket);
  document.addEventListener("live:look", () => { if (part("list") && !checking) check(); });
  part("refresh").addEventListener("click", refresh);
  begin();
};

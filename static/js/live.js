// Live updates, for data-module="live" on the body: one stream a tab, open while the tab is seen. What happens is told
// to the page as events of the document: live:ticket {ticket, xid}, live:presence, and live:look when everything is to
// be looked at anew. The root element carries data-live while the stream is open ("list": it tells of tickets that stand in lists too). A lost stream is said after a while,
// and until it is back the page looks every half minute.
// Numbers are shown at once; lists and boards (data-live-list) wait with what is new, see livelist.js.

const LOST_MS = 5_000;
const LOOK_MS = 30_000;
const SILENT_MS = 45_000; // three beats of the server
const LONGEST_PAUSE_MS = 30_000;
const NAMED_AT_MOST = 150; // rows
const EVENTS = ["ticket", "told", "presence", "reset", "beat", "over"];

let source = null;
let heard = ""; // number of the last message
let timers = { lost: 0, look: 0, silent: 0, again: 0 };
let pause = 2_000;
let isOver = false;
let tellsOfList = false; // whether the stream was asked for what happens on a list

export const isListening = () => source?.readyState === EventSource.OPEN;

// What a page asks for by itself: it keeps no session alive, and is not led to the sign-in page.
export const ask = (url, options = {}) =>
  fetch(url, { redirect: "manual", ...options, headers: { "Live-Update": "1", ...options.headers } });

export const part = (name) => document.querySelector(`[data-live-${name}]`);
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

export const ROW = ":is(.queue-row, .queue-line, .board-card)[id]";
export const rowIds = (root) => [...root.querySelectorAll(ROW)].map((row) => row.id);

const address = () => {
  const url = new URL(document.body.dataset.liveUrl, window.location.href);
  const ticket = part("ticket");
  if (ticket) url.searchParams.set("ticket", ticket.dataset.liveTicket);
  tellsOfList = part("list") !== null;
  if (tellsOfList) {
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
  source.onopen = () => { document.documentElement.dataset.live = tellsOfList ? "list" : "on"; };
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
      link.closest("[data-live-with-number]")?.toggleAttribute("hidden", !count);
      if (!count) continue;
      const badge = span("badge badge--new", count);
      if (link.dataset.badgeWords) badge.append(span("visually-hidden", ` ${link.dataset.badgeWords}`)); // for the ear
      link.querySelector("kbd") ? link.querySelector("kbd").before(badge) : link.append(badge);
    }
  }
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
  if (!window.EventSource || !document.body.dataset.liveUrl) return;
  if (isStarted) {
    if (source && part("list") && !tellsOfList) { // it has come after the page
      stop();
      connect();
    }
    return;
  }
  isStarted = true;
  begin();
};

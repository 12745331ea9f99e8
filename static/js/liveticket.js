// The open ticket, for data-module="liveticket" on [data-live-ticket]: what comes in is put at the end of the timeline
// and changed parts are renewed, while nothing that is read moves and no field or form that is in use is touched.
// Presence: says that this page is open and what is being written, every 20 seconds while somebody else is here to read
// it (whoever comes is told by the stream, and says so); shows who that is.
// An act from the head shows its new state at once; what else it has changed comes the same way.
import { announce, ask, counted, isListening, shows } from "./live.js";
import { alarm } from "./page.js";

const GATHER_MS = 150;
const RETRY_MS = 5_000;
const BEAT_MS = 20_000;
const WRITING_MS = 20_000; // after the last key

const place = () => document.querySelector("[data-live-ticket]");
let isStarted = false;

// ---- what comes in ----

const LOOK = "look"; // whatever there is
let timer = 0;
let isFetching = false;
let isMore = false;
let isGone = false;
let isStale = false;
let isOtherTab = false;
let ownActs = 0;
let ownShown = 0;
const awaited = new Set(); // changes we were told of, until they are on the page
const unread = new Set();

// The tab that is shown; after a form that was refused another address stands above it, which nobody can get.
const here = () => {
  const url = new URL(window.location.href);
  const tab = tabIn(document);
  const shown = `${place().dataset.ticketUrl}${tab ? `e/${tab}/` : ""}`;
  if (url.pathname !== shown) [url.pathname, url.search] = [shown, ""];
  for (const name of ["compose", "restore"]) url.searchParams.delete(name);
  const { from } = document.getElementById("workspace").dataset;
  if (from) url.searchParams.set("from", from); // the browser has said it once, when the page was opened
  url.hash = "";
  return url;
};

const isAwaited = (xid) => xid === LOOK || !shows(place()?.dataset.liveSeen, xid);

const later = (xid) => {
  if (xid) awaited.add(xid);
  clearTimeout(timer);
  timer = setTimeout(() => { if ([...awaited].some(isAwaited)) renew(); }, GATHER_MS);
};

// After an act from the head, which shows its own new state already.
export const renewOwn = () => {
  ownActs += 1;
  renew();
};

const renew = async () => {
  isStale = document.hidden; // fetched when the tab is seen again
  if (isGone || isStale) return;
  if (isFetching) {
    isMore = true;
    return;
  }
  isFetching = true;
  const acts = ownActs;
  awaited.delete(LOOK);
  try {
    const [answer, merging] = await Promise.all([ask(here(), { headers: { "HX-Request": "true" } }), import("./merging.js")]);
    isGone = answer.status === 404; // out of sight: what is here stays to be read, and says no more
    if (isGone) alarm("message-not-found");
    if (answer.status >= 500) throw new Error(`${answer.status}`); // tried again
    const text = answer.ok ? await answer.text() : "";
    // What may be older than an act of ours meanwhile would take its new state off the page again.
    if (text && acts === ownActs) put(new DOMParser().parseFromString(text, "text/html"), merging);
  } catch {
    timer = setTimeout(renew, RETRY_MS);
  } finally {
    isFetching = false;
    if (isMore) later(ownShown === ownActs ? null : LOOK);
    isMore = false;
  }
};

const tabIn = (page) => page.getElementById("timeline")?.dataset.tab;

const put = (page, merging) => {
  const fresh = page.querySelector("[data-live-ticket]");
  if (!fresh || fresh.dataset.liveTicket !== place()?.dataset.liveTicket) return;
  if (tabIn(page) !== tabIn(document)) {
    if (!isOtherTab) later(LOOK); // somebody has gone to another tab meanwhile
    isOtherTab = !isOtherTab; // asked once more, and then not before there is something new
    return;
  }
  isOtherTab = false;
  place().dataset.liveSeen = fresh.dataset.liveSeen;
  const isOwn = ownShown !== ownActs;
  ownShown = ownActs;
  awaited.forEach((xid) => { if (!isAwaited(xid)) awaited.delete(xid); });
  const came = merging.merge(page, isOwn).filter((node) => !isOwn || isSpoken(node)); // the act's own line is no news
  if (came.length) say(came);
};

const isSpoken = (node) => node.matches("article") || node.querySelector("article") !== null;

const say = (nodes) => {
  nodes.filter((node) => !isInView(node)).forEach((node) => unread.add(node));
  announce(counted("entries", nodes.length));
  showUnread();
};

const isInView = (node) => {
  const [box, frame] = [node.getBoundingClientRect(), document.getElementById("timeline").getBoundingClientRect()];
  return box.top < Math.min(frame.bottom, window.innerHeight) && box.bottom > frame.top;
};

const showUnread = () => {
  unread.forEach((node) => { if (!node.isConnected || isInView(node)) unread.delete(node); });
  const button = place()?.querySelector("[data-live-new]");
  if (!button) return;
  button.hidden = unread.size === 0;
  if (unread.size) button.querySelector("[data-live-new-count]").textContent = counted("entries", unread.size);
};

const goToUnread = () => {
  const first = [...unread].find((node) => node.isConnected);
  unread.clear();
  first?.scrollIntoView({ block: "start" });
  showUnread();
};

// ---- presence ----

const page = Math.random().toString(36).slice(2, 12);
let doing = "viewing";
let writing = 0;
let beats = 0;
let beatAt = 0;
let isAlone = false;

const show = async (answer) => {
  const box = place()?.querySelector("[data-presence]");
  if (!answer?.ok || !box) return;
  const list = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("ul");
  isAlone = !list?.children.length;
  box.replaceChildren(...(list?.children.length ? [document.importNode(list, true)] : []));
  for (const person of box.querySelectorAll("[data-seconds]")) {
    setTimeout(() => {
      person.remove();
      if (!box.querySelector("li")) box.replaceChildren();
    }, person.dataset.seconds * 1_000);
  }
};

const beat = (what = doing) => {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!place() || !token || isGone) return;
  beatAt = Date.now();
  const body = new URLSearchParams({ csrfmiddlewaretoken: token, page, doing: what });
  const sent = ask(place().dataset.presenceUrl, { method: "POST", body, keepalive: !what });
  sent.then((answer) => (what ? show(answer) : null)).catch(() => {});
};

const beatOn = () => {
  clearInterval(beats);
  beats = setInterval(() => { if (!isAlone || !isListening()) beat(); }, BEAT_MS);
  beat();
};

const leave = () => {
  clearInterval(beats);
  beat("");
};

const onInput = (event) => {
  const composer = event.target.closest?.("details.composer");
  if (!composer) return;
  if (composer.matches(".composer--envelope")) return; // who is here need not know of the envelope
  const mode = composer.matches(".composer--note") ? "note" : "reply";
  clearTimeout(writing);
  writing = setTimeout(rest, WRITING_MS);
  if (doing === mode) return;
  doing = mode;
  beatOn();
};

const rest = () => {
  if (doing === "viewing") return;
  doing = "viewing";
  beatOn();
};

const look = async () => {
  if (isAlone && Date.now() - beatAt > BEAT_MS) beat(); // forgotten meanwhile, as nobody was here
  else if (place()) show(await ask(place().dataset.presenceUrl).catch(() => null));
};

// ---- the page ----

const start = () => {
  document.addEventListener("live:ticket", ({ detail }) => {
    if (detail.ticket === place()?.dataset.liveTicket && isAwaited(detail.xid)) later(detail.xid);
  });
  document.addEventListener("live:look", () => { if (place()) later(LOOK); });
  document.addEventListener("live:presence", look);
  document.addEventListener("input", onInput);
  document.addEventListener("submit", (event) => { if (event.target.closest?.("details.composer")) rest(); });
  document.addEventListener("click", (event) => { if (event.target.closest?.("[data-live-new]")) goToUnread(); });
  // Of the timeline, or on a phone of the page itself.
  document.addEventListener("scroll", () => { if (unread.size) showUnread(); }, { capture: true, passive: true });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.detail.elt.matches("[data-sent-look]") || !place()) return;
    event.preventDefault(); // merged, so that what is open, chosen and read stays
    later(LOOK);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) leave();
    else beatOn();
    if (!document.hidden && isStale) later(LOOK);
  });
  window.addEventListener("pagehide", leave);
  if (!document.hidden) beatOn();
};

export const init = (root) => {
  if (!isStarted && place()) {
    isStarted = true;
    start();
  } else if (root.id === "workspace" || root.querySelector?.("#live-ticket")) {
    look(); // an act has swapped the workspace
    showUnread();
  }
};

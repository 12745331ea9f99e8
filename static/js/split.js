// The list and a look at one of its tickets side by side: rows.js calls toggle when Space is pressed on a row. The look
// follows from row to row; Space again or Escape closes it. Nothing is marked as read. While it is open the next two
// tickets are fetched ahead, so that J shows them at once; not on phones, and not where data is saved.
import { isTyping, isVisible } from "./page.js";

const FOLLOW_MS = 150;
const AHEAD = 2;
const KEEP_MS = 30_000;
const MOST_KEPT = 6;
const kept = new Map();
let listening = false;
let timer = 0;

const pane = () => document.getElementById("peek");
const addressOf = (row) => `${row.getAttribute("href").split("?")[0]}peek/`;
const rowIn = (el) => (el?.matches?.("[data-key-row]") ? el : null);

const rows = () => [...document.querySelectorAll("[data-key-row]")].filter(isVisible);
const isKept = (url) => kept.has(url) && Date.now() - kept.get(url).at < KEEP_MS;

// The look at a ticket as text, null if it cannot be had.
const ask = async (url, more = {}) => {
  const answer = await fetch(url, { headers: { "HX-Request": "true", ...more } }).catch(() => null);
  return answer?.ok && !answer.redirected ? answer.text() : null;
};

// What was fetched ahead is used once; what could not be is asked for again.
const textOf = (url) => {
  const known = isKept(url) ? kept.get(url).text.then((text) => text ?? ask(url)) : ask(url);
  kept.delete(url);
  return known;
};

const fetchAhead = (row) => {
  const all = rows();
  for (const next of all.slice(all.indexOf(row) + 1).slice(0, AHEAD)) {
    const url = addressOf(next);
    // Not by the person's own doing, so it keeps nobody signed in.
    if (!isKept(url)) kept.set(url, { at: Date.now(), text: ask(url, { "Live-Update": "1" }) });
  }
  while (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
};

const whenIdle = window.requestIdleCallback ?? ((act) => setTimeout(act, FOLLOW_MS));
const mayFetchAhead = () => matchMedia("(pointer: fine)").matches && !navigator.connection?.saveData && !document.hidden;

const close = () => {
  const aside = pane();
  clearTimeout(timer);
  if (aside.contains(document.activeElement)) {
    [...document.querySelectorAll("[data-key-row]")].find((row) => addressOf(row) === aside.dataset.shows)?.focus();
  }
  aside.hidden = true;
  aside.querySelector("[data-peek-body]").replaceChildren();
  delete aside.dataset.shows;
};

const show = async (row) => {
  const aside = pane();
  const url = addressOf(row);
  if (aside.dataset.shows === url) return;
  aside.hidden = false;
  aside.dataset.shows = url;
  aside.setAttribute("aria-busy", "true");
  row.scrollIntoView({ block: "nearest" });
  const text = await textOf(url);
  if (aside.dataset.shows !== url) return; // another row meanwhile
  aside.setAttribute("aria-busy", "false");
  if (text === null) {
    close();
    return;
  }
  const found = new DOMParser().parseFromString(text, "text/html").getElementById("peek-ticket");
  if (!found) return;
  const body = aside.querySelector("[data-peek-body]");
  body.replaceChildren(document.importNode(found, true));
  body.scrollTop = 0;
  document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: body } }));
  if (mayFetchAhead()) whenIdle(() => { if (aside.dataset.shows === url) fetchAhead(row); });
};

const onKey = (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || isTyping(event.target) || pane()?.hidden !== false) return;
  if (document.querySelector("dialog[open], [data-inline-close]")) return;
  event.preventDefault();
  close();
};

const onFocus = (event) => {
  const row = rowIn(event.target);
  if (!row || !pane() || pane().hidden) return;
  clearTimeout(timer);
  timer = setTimeout(() => show(row), isKept(addressOf(row)) ? 0 : FOLLOW_MS);
};

const listen = () => {
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", onKey, true); // before the selection, which Escape would clear as well
  document.addEventListener("focusin", onFocus);
  // What has changed in the list may have changed in what was fetched before.
  document.addEventListener("htmx:load", (event) => { if (!pane()?.contains(event.detail.elt)) kept.clear(); });
  document.addEventListener("click", (event) => { if (event.target.closest?.("[data-peek-close]")) close(); });
};

export const toggle = (row) => {
  if (!pane()) return;
  listen();
  if (pane().dataset.shows === addressOf(row)) close();
  else show(row);
};

// Composers, for data-module="composer" on the <details> around a form[data-composer]: focus on opening, growing with
// the text, Ctrl+Enter sends, and a question before unsent text would be lost with the page.
// Opens the timeline at the first unread entry, otherwise at its end, for data-module="timeline";
// an address with #e<id> wins. Runs once for a page: what is being read never moves.
import { all } from "./page.js";

let listening = false;

const textOf = (form) => form.querySelector("[data-composer-text]");
const MOST_ON_LEAVING = 10_000; // characters that a page may surely still send when it is left (64 KiB, each up to 6)

// A draft is saved on leaving (drafts.js), so that nothing is asked, unless that is in trouble.
const isKept = (form) =>
  form.matches("[data-draft-url]:not([data-draft-trouble])") && textOf(form).value.length < MOST_ON_LEAVING;

const isDirty = (form) => {
  const text = textOf(form);
  if (text && isKept(form)) return false;
  return Boolean(text) && !form.dataset.sent && text.value.trim() !== "" && text.value !== text.defaultValue;
};

const grow = (text) => {
  if (CSS.supports("field-sizing", "content")) return;
  text.rows = Math.min(20, Math.max(5, text.value.split("\n").length + 1));
};

const onToggle = (event) => {
  const details = event.target;
  if (!details.matches?.("details.composer") || !details.open) return;
  const text = details.querySelector("[data-composer-text]");
  if (text && !text.dataset.opened) {
    text.dataset.opened = ""; // what is there already is written on at its end
    text.setSelectionRange(text.value.length, text.value.length);
  }
  text?.focus({ preventScroll: true });
  details.scrollIntoView({ block: "nearest" });
};

const onKey = (event) => {
  const form = event.target.closest?.("form[data-composer]");
  if (!form) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    const waits = event.shiftKey ? form.querySelector('button[name="then"]') : null;
    form.requestSubmit(waits ?? form.querySelector("[data-composer-send]"));
  }
};

const onSubmit = (event) => {
  const form = event.target;
  if (!form.matches?.("form[data-composer]")) return;
  if (form.dataset.sent) {
    event.preventDefault(); // a second click or key sends nothing twice
    return;
  }
  if (event.submitter?.matches("[data-draft-button]")) {
    form.dataset.sent = "true"; // keeps or discards the draft; an empty text may be discarded too
    return;
  }
  const text = textOf(form);
  if (text.value.trim() === "") {
    event.preventDefault();
    text.setAttribute("aria-invalid", "true");
    text.focus();
    return;
  }
  form.dataset.sent = "true";
  (event.submitter ?? form.querySelector("[data-composer-send]")).setAttribute("aria-busy", "true");
};

const wakeUp = () => {
  // The page comes back from the history, or the server refused: the form may be sent again.
  document.querySelectorAll("form[data-composer][data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });
};

let isPlaced = false;

const scrollerOf = (timeline) =>
  getComputedStyle(timeline).overflowY === "visible" ? document.scrollingElement : timeline;

const placeTimeline = () => {
  const timeline = document.querySelector("[data-timeline]");
  if (!timeline || isPlaced) return;
  isPlaced = true;
  if (window.location.hash) return;
  const unread = timeline.querySelector("[data-first-unread]");
  if (unread) unread.scrollIntoView({ block: "start" });
  else if (scrollerOf(timeline) === timeline) timeline.scrollTop = timeline.scrollHeight;
};

let place = null;

// An act swaps the workspace: the timeline stays where it was, or at its end if that was in sight.
const keepPlace = () => {
  const timeline = document.querySelector("[data-timeline]");
  if (!timeline) return;
  const isAtEnd = timeline.scrollTop + timeline.clientHeight >= timeline.scrollHeight - 8;
  place = { top: timeline.scrollTop, isAtEnd };
};

const takePlace = () => {
  const timeline = document.querySelector("[data-timeline]");
  if (timeline && place) timeline.scrollTop = place.isAtEnd ? timeline.scrollHeight : place.top;
  place = null;
};

export const init = (root) => {
  placeTimeline();
  all(root, "[data-composer-text]").forEach(grow);
  if (listening) return;
  listening = true;
  document.addEventListener("toggle", onToggle, true);
  document.addEventListener("keydown", onKey);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("htmx:afterRequest", wakeUp);
  document.addEventListener("htmx:beforeSwap", keepPlace);
  document.addEventListener("htmx:afterSettle", takePlace);
  window.addEventListener("pageshow", (event) => { if (event.persisted) wakeUp(); });
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("[data-composer-text]")) return;
    event.target.removeAttribute("aria-invalid");
    grow(event.target);
  });
  window.addEventListener("beforeunload", (event) => {
    const isSending = document.querySelector("form[data-composer][data-sent]") !== null;
    const others = [...document.querySelectorAll("form[data-composer]")].some(isDirty);
    if (others && !isSending) event.preventDefault();
  });
};

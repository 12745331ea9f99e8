// Composers, for data-module="composer" on the <details> around a form[data-composer]: focus and help on opening, growing
// with the text, Ctrl+Enter sends, and a question before unsent text, or a file on its way, would be lost with the page.
// R with a text selected in a message quotes it.
// Opens the timeline at the first unread entry, otherwise at its end, for data-module="timeline";
// an address with #e<id> wins, and what was looked for is read from its beginning. Runs once for a page: what is being read never moves.
import { fits } from "./drafts.js";
import { filesOf } from "./filepicker.js";
import { all } from "./page.js";

let listening = false;

const textOf = (form) => form.querySelector("[data-composer-text]");

// A draft is saved on leaving, so that nothing is asked, unless that is in trouble or it is too long.
const isKept = (form) => form.matches("[data-draft-url]:not([data-draft-trouble])") && fits(form);

const isDirty = (form) => {
  const text = textOf(form);
  if (text && isKept(form)) return false;
  return Boolean(text) && !form.dataset.sent && text.value.trim() !== "" && text.value !== text.defaultValue;
};

const grow = (text) => {
  if (CSS.supports("field-sizing", "content")) return;
  text.rows = Math.min(20, Math.max(5, text.value.split("\n").length + 1));
};

// Help while writing is fetched when somebody is about to write.
const help = async (details) => {
  const modules = [import("./writing.js")];
  if (details.matches("[data-formatted]")) modules.push(import("./formatting.js"));
  if (details.querySelector("[data-recipients]")) modules.push(import("./recipients.js"));
  for (const module of await Promise.all(modules)) module.init(details);
};

// What is selected in a message between customer and desk is quoted; a note never comes into a reply this way.
const QUOTABLE = ".entry--customer-in .entry__body, .entry--customer-out .entry__body";

const quoted = () => {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed) return "";
  const ends = [selection.anchorNode, selection.focusNode].map((node) => (node.closest ? node : node.parentElement)?.closest(QUOTABLE));
  if (!ends[0] || ends[0] !== ends[1]) return "";
  return selection.toString().trim().split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");
};

const onClick = (event) => {
  const details = event.target.closest?.('summary[data-act="reply"]')?.parentElement;
  const words = details && !details.open ? quoted() : "";
  if (!words) return;
  const text = textOf(details.querySelector("form"));
  text.value = `${text.value.trim() ? `${text.value.trimEnd()}\n\n` : ""}${words}\n\n`;
  text.dispatchEvent(new Event("input", { bubbles: true }));
};

const onToggle = (event) => {
  const details = event.target;
  if (!details.matches?.("details.composer") || !details.open) return;
  help(details);
  const text = details.querySelector("[data-composer-text]");
  if (text && !text.dataset.opened) {
    text.dataset.opened = ""; // what is there already is written on at its end
    text.setSelectionRange(text.value.length, text.value.length);
  }
  if (!("isUsed" in details.dataset)) text?.focus({ preventScroll: true }); // a key has done so, perhaps long ago
  delete details.dataset.isUsed;
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
  if (window.location.hash || new URLSearchParams(window.location.search).has("find")) return;
  const unread = timeline.querySelector("[data-first-unread]");
  if (unread) unread.scrollIntoView({ block: "start" });
  else if (scrollerOf(timeline) === timeline) timeline.scrollTop = timeline.scrollHeight;
};

let place = null;

// An act swaps the workspace: the timeline stays where it was, or at its end if that was in sight.
export const keepPlace = () => {
  const timeline = document.querySelector("[data-timeline]");
  if (!timeline) return;
  const isAtEnd = timeline.scrollTop + timeline.clientHeight >= timeline.scrollHeight - 8;
  place = { top: timeline.scrollTop, isAtEnd, tab: timeline.dataset.tab };
};

export const takePlace = () => {
  const timeline = document.querySelector("[data-timeline]");
  const isOther = place && place.tab !== timeline?.dataset.tab; // another tab is opened at its end
  if (timeline && place) timeline.scrollTop = place.isAtEnd || isOther ? timeline.scrollHeight : place.top;
  place = null;
};

export const init = (root) => {
  placeTimeline();
  all(root, "[data-composer-text]").forEach(grow);
  all(root, "details.composer[open]").forEach(help);
  if (listening) return;
  listening = true;
  document.addEventListener("click", onClick);
  document.addEventListener("toggle", onToggle, true);
  document.addEventListener("keydown", onKey);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt?.closest?.("form[data-composer]")) wakeUp(); // other parts of the page fetch what they like
  });
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
    const forms = [...document.querySelectorAll("form[data-composer]")];
    const others = forms.some((form) => isDirty(form) || filesOf(form));
    if (others && !isSending) event.preventDefault();
  });
};

// What all modules share: reading the page, and saying something in the two regions of the page that speak, in the words
// of the page's own templates; also the answer to failed htmx requests.

// Elements below root that match, root itself included.
export const all = (root, selector) => [
  ...(root.matches?.(selector) ? [root] : []),
  ...root.querySelectorAll(selector),
];

export const isTyping = (el) =>
  el instanceof HTMLElement &&
  (el.isContentEditable ||
    el.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])"));

export const isVisible = (el) => el.checkVisibility?.() ?? el.getClientRects().length > 0;

// A pressed key as data-key writes it, "a", "?", "Shift+e"; and whether two such names mean the same.
export const nameOf = (event) => {
  const isLetter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase();
  if (isLetter) return (event.shiftKey ? "Shift+" : "") + event.key.toLowerCase();
  return event.key;
};

const plainKey = (name) => name.split(" ").map((part) => part.replace(/[A-Z]$/, (letter) => letter.toLowerCase())).join(" ");

export const sameKey = (one, other) => plainKey(one) === plainKey(other);

// What the key does that has nothing on the page to click (data-keymap of the body), if anything.
export const actOf = (pressed) => {
  const map = JSON.parse(document.body.dataset.keymap || "{}");
  const key = Object.keys(map).find((name) => sameKey(name, pressed));
  return key ? map[key] : "";
};

// Whether an element can be used now: what stands in a closed menu can.
export const isUsable = (el) => !el.disabled && !el.hidden && (isVisible(el) || el.closest("[popover]") !== null);

// Goes to a field, clicks everything else.
export const use = (el) => {
  if (isTyping(el)) {
    el.focus();
    el.select?.();
  } else {
    el.click();
    const opened = el.matches("summary") ? el.closest("details[open]") : null;
    opened?.querySelector("textarea, select")?.focus(); // at once, so that the next key is text and no shortcut
    if (opened) opened.dataset.isUsed = "";
  }
};

// What an element is called: its name without the key, the number and the words for its other state.
export const labelOf = (el) => {
  const name = el.getAttribute("aria-label") || (el.id && document.querySelector(`label[for="${CSS.escape(el.id)}"]`)?.textContent);
  if (name) return name.trim();
  const copy = el.cloneNode(true);
  copy.querySelectorAll("kbd, .badge, .composer__close-words, .composer__draft, .unscripted, small").forEach((part) => part.remove());
  return copy.textContent.trim().replace(/\s+/g, " ");
};

const REMOVE_AFTER_MS = 10_000;

const put = (regionId, message) => {
  const region = document.getElementById(regionId);
  if (!region) return;
  region.replaceChildren(message);
  const expire = () => {
    // Not while somebody reads or uses it.
    if (message.matches(":hover, :focus-within")) setTimeout(expire, 2_000);
    else message.remove();
  };
  setTimeout(expire, REMOVE_AFTER_MS);
};

// A part that has come or was changed: what htmx and our modules do in it begins.
export const wake = (el) => {
  window.htmx?.process(el);
  document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: el } }));
};

// All words stand in one template, since each one counts as a part of every page.
const template = (id) => document.getElementById("words")?.content.getElementById(id);

export const fromTemplate = (id) => template(id)?.content.firstElementChild?.cloneNode(true);

const worded = (templateId, text) => {
  const message = fromTemplate(templateId);
  if (message) message.querySelector("[data-message-text]").textContent = text;
  return message;
};

// The way to take back what was just done stands beside what is said, where no status region reads it out: it alone is
// seen. Only the newest act has one.
const offerUndo = (text, url) => {
  document.getElementById("undo-region")?.replaceChildren();
  const form = url && worded("message-undo", text);
  if (!form) return;
  form.action = url;
  form.elements.next.value = window.location.pathname + window.location.search;
  // A session begun since the page came has another token.
  form.elements.csrfmiddlewaretoken.value = document.querySelector("[name=csrfmiddlewaretoken]").value;
  put("undo-region", form);
};

// Says a text politely; the text comes from a data attribute, so it is translated. `undoUrl` takes back what it tells.
export const say = (text, undoUrl = "") => {
  const message = worded("message-status", text);
  if (!message || !text) return;
  message.classList.toggle("visually-hidden", undoUrl !== "");
  put("status-region", message);
  offerUndo(text, undoUrl);
};

// With the reference of the failed request, where the words have a place for it.
export const alarm = (templateId, reference = "") => {
  const message = fromTemplate(templateId);
  const words = template(templateId)?.dataset.withReference;
  if (words && reference) message.querySelector(".message__title").textContent = words.replace("{reference}", reference);
  if (message) put("alert-region", message);
};

const SHORT = 8; // characters of an id that find it in the logs

// A section that comes after the page fails by itself: it says so in its place, and the page goes on.
const tellSection = (event) => {
  const section = event.detail.elt?.closest?.("[data-later]");
  if (!section || event.detail.xhr?.status === 401) return false;
  section.querySelector("[data-later-link]").hidden = true;
  section.querySelector("[data-later-failed]").hidden = false;
  return true;
};

// What somebody waits for says so: the part that is to change, and after a moment a thin bar at the top of the page. What
// the page asks for by itself does not.
const underWay = new Map(); // request -> the part it changes

const markBusy = ({ detail: { xhr, target, requestConfig } }) => {
  if (requestConfig?.headers["Live-Update"]) return;
  underWay.set(xhr, target);
  target.setAttribute("aria-busy", "true");
  document.documentElement.dataset.busy = "";
};

const markDone = ({ detail: { xhr } }) => {
  underWay.get(xhr)?.removeAttribute("aria-busy");
  underWay.delete(xhr);
  if (!underWay.size) delete document.documentElement.dataset.busy;
};

let listening = false;

export const listen = () => {
  if (listening) return;
  listening = true;
  document.addEventListener("htmx:beforeSend", markBusy);
  document.addEventListener("htmx:afterRequest", markDone);
  document.addEventListener("htmx:responseError", (event) => {
    if (tellSection(event)) return;
    const { xhr } = event.detail;
    if (xhr.status === 401) document.dispatchEvent(new CustomEvent("session:over"));
    else if (xhr.status === 404) alarm("message-not-found");
    else alarm("message-server-fault", xhr.getResponseHeader("X-Request-ID")?.slice(0, SHORT));
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => { if (!tellSection(event)) alarm("message-no-connection"); });
  }
  // The server says something by the header HX-Trigger: {"say": {"text": "...", "undo": "where it is taken back"}}.
  document.addEventListener("say", (event) => say(event.detail?.text, event.detail?.undo));
};

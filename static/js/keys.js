// Keyboard, for data-module="keys" on the body; data-keys="off" leaves only those with Ctrl or Escape.
// An element names its key in data-key: "c", "?", "g q" (one after the other), "Shift+E". Pressing it focuses a field
// and clicks everything else. Rows that J and K walk through carry data-key-row.
import { all, isTyping, isVisible } from "./page.js";

const CHORD_MS = 1_500;
let listening = false;
let chord = "";
let chordTimer = 0;

const isOn = () => document.body.dataset.keys === "on";
const hasOpenDialog = () => document.querySelector("dialog[open]") !== null;

const nameOf = (event) => {
  const isLetter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase();
  if (isLetter) return (event.shiftKey ? "Shift+" : "") + event.key.toLowerCase();
  return event.key;
};

const sameKey = (written, pressed) => {
  const form = (text) => text.split(" ").map((part) => part.replace(/[A-Z]$/, (letter) => letter.toLowerCase())).join(" ");
  return form(written) === form(pressed);
};

const target = (pressed) =>
  [...document.querySelectorAll("[data-key]")].find(
    (el) => sameKey(el.dataset.key, pressed) && !el.disabled && (isVisible(el) || el.closest("[popover]")),
  );

const startsChord = (pressed) =>
  [...document.querySelectorAll("[data-key]")].some((el) => el.dataset.key.toLowerCase().startsWith(`${pressed} `));

const use = (el) => {
  if (isTyping(el)) {
    el.focus();
    el.select?.();
  } else {
    el.click();
    // At once, so that the next key is text and no shortcut.
    if (el.matches("summary")) el.closest("details[open]")?.querySelector("textarea")?.focus();
  }
};

const moveRow = (step) => {
  const rows = [...document.querySelectorAll("[data-key-row]")].filter(isVisible);
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
  return true;
};

const endChord = () => {
  clearTimeout(chordTimer);
  chord = "";
};

const onKey = (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === "Escape" && isTyping(document.activeElement) && !hasOpenDialog()) {
    document.activeElement.blur();
    return;
  }
  if (!isOn() || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || hasOpenDialog()) return;
  const pressed = chord ? `${chord} ${nameOf(event)}` : nameOf(event);
  const isSecond = chord !== "";
  endChord();
  const el = target(pressed);
  if (el) {
    event.preventDefault();
    use(el);
  } else if (!isSecond && startsChord(pressed)) {
    event.preventDefault();
    chord = pressed;
    chordTimer = setTimeout(endChord, CHORD_MS);
  } else if (!isSecond && (pressed === "j" || pressed === "k")) {
    if (moveRow(pressed === "j" ? 1 : -1)) event.preventDefault();
  } else if (!isSecond && pressed === "?") {
    event.preventDefault();
    openHelp();
  }
};

const labelOf = (el) => {
  const name = el.getAttribute("aria-label") || (el.id && document.querySelector(`label[for="${CSS.escape(el.id)}"]`)?.textContent);
  if (name) return name.trim();
  const copy = el.cloneNode(true);
  copy.querySelectorAll("kbd, .badge, .composer__close-words").forEach((part) => part.remove());
  return copy.textContent.trim().replace(/\s+/g, " ");
};

const openHelp = () => {
  const dialog = document.getElementById("keys-help");
  const list = dialog?.querySelector("[data-keys-list]");
  if (!list) return;
  const seen = new Set();
  list.replaceChildren();
  for (const el of document.querySelectorAll("[data-key]")) {
    if (seen.has(el.dataset.key) || el.disabled || !(isVisible(el) || el.closest("[popover]"))) continue;
    seen.add(el.dataset.key);
    const term = document.createElement("dt");
    for (const part of el.dataset.key.split(/[ +]/)) {
      const key = document.createElement("kbd");
      key.textContent = part.length === 1 ? part.toUpperCase() : part;
      term.append(key, " ");
    }
    const says = document.createElement("dd");
    says.textContent = labelOf(el);
    list.append(term, says);
  }
  dialog.showModal();
};

export const init = (root) => {
  all(root, '[data-dialog-open="keys-help"]').forEach((el) => { el.hidden = false; });
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", onKey);
  document.addEventListener("keys:help", openHelp);
};

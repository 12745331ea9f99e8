// Keyboard, for data-module="keys" on the body; data-keys="off" leaves only those with Ctrl or Escape.
// An element names its key in data-key ("c", "?", "g q" one after the other, "Shift+E") and what it does in data-act; the
// server writes both (desk/actions). Pressing it focuses a field and clicks everything else. What has nothing to click
// stands in data-keymap of the body, key by name. Rows that are walked through carry data-key-row.
// Palette and help are fetched when they are asked for.
import { actOf, isTyping, isUsable, isVisible, nameOf, sameKey, use } from "./page.js";

const CHORD_MS = 1_500;
let listening = false;
let chord = "";
let chordTimer = 0;
let ahead = null;

const isOn = () => document.body.dataset.keys === "on";
const hasOpenDialog = () => document.querySelector("dialog[open]") !== null;
const palette = () => import("./palette.js");
const help = () => import("./help.js");

const keyed = () => [...document.querySelectorAll("[data-key]")];
// What was done last is taken back first.
const target = (pressed) => {
  const usable = keyed().filter((el) => sameKey(el.dataset.key, pressed) && isUsable(el));
  return usable.find((el) => el.closest("#undo-region")) ?? usable[0];
};
const startsChord = (pressed) => keyed().some((el) => el.dataset.key.toLowerCase().startsWith(`${pressed} `));

const rowsIn = (part) => [...part.querySelectorAll("[data-key-row]")].filter(isVisible);

const moveRow = (step) => {
  const menu = document.querySelector("[popover]:popover-open:has([data-key-row])");
  const rows = rowsIn(menu ?? document);
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
  return true;
};

// The parts of the page one after the other, those that are in sight.
const nextPanel = () => {
  const panels = [...document.querySelectorAll("[data-panel]")].filter(isVisible);
  const at = panels.findLastIndex((panel) => panel.contains(document.activeElement));
  const next = panels[(at + 1) % panels.length];
  if (!next) return false;
  if (!next.hasAttribute("tabindex")) next.tabIndex = -1;
  next.focus();
  return true;
};

const moveEntry = (step) => {
  const timeline = document.querySelector("[data-timeline]");
  const entries = [...(timeline?.querySelectorAll(".entry") ?? [])].filter(isVisible);
  if (!entries.length) return false;
  const top = timeline.getBoundingClientRect().top;
  const here = entries.findIndex((entry) => entry.contains(document.activeElement));
  const inSight = entries.findIndex((entry) => entry.getBoundingClientRect().bottom > top + 8);
  const at = here >= 0 ? here + step : inSight;
  const next = entries[Math.min(entries.length - 1, Math.max(0, at))];
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
};

const openTab = (number) => {
  // One that is closed to this person has its number too, so that the others keep theirs.
  const tab = document.querySelectorAll('[data-choices="tab"] :is(a, .ticket-tabs__closed)')[number - 1];
  tab?.focus(); // where it stays when the tab has come
  tab?.click();
  return Boolean(tab);
};

// What is typed before the palette has come stands in it then, and does nothing else.
const withPalette = async (show) => {
  ahead = "";
  try {
    const module = await palette();
    show(module);
    module.type(ahead);
  } finally {
    ahead = null;
  }
};

const openPalette = () => {
  if (!document.getElementById("palette-template")) return false;
  withPalette((module) => module.open());
  return true;
};

// Closes what was opened for writing (its text is kept), else goes up one level; menus and dialogs the browser closes itself.
const leave = () => {
  if (document.querySelector("[popover]:popover-open, [data-inline-close], #peek:not([hidden]), #bulk[data-on]")) return;
  const composer = document.querySelector("details.composer[open]");
  if (composer) {
    composer.open = false;
    composer.querySelector("summary").focus();
  } else document.querySelector('[data-act="back"]')?.click();
};

const pick = (kind) => {
  const choices = document.querySelectorAll(kind === "view" ? '[data-choices="view"] a' : `[data-act-group="${kind}"]`);
  const usable = [...choices].filter(isUsable);
  if (usable.length) withPalette((module) => module.pick(kind, usable));
  return usable.length > 0;
};

const SCRIPTED = {
  row_next: () => moveRow(1),
  row_previous: () => moveRow(-1),
  panel_next: nextPanel,
  status: () => pick("status"),
  priority: () => pick("priority"),
  view: () => pick("view"),
  search: () => openPalette(), // where no search box stands
};

const endChord = () => {
  clearTimeout(chordTimer);
  chord = "";
};

// Arrows walk through rows where nothing else has a use for them: not in menus of fields, not on boards, which have their own.
const arrow = (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.shiftKey) return false;
  if (event.altKey) return moveEntry(step);
  const focused = document.activeElement;
  const isFree = (focused === document.body && !document.getElementById("workspace")) || focused.matches("[data-key-row]");
  return isFree && !document.getElementById("board") && document.querySelector("[data-key-row]") !== null && moveRow(step);
};

const withControl = (event) => {
  if (event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
  if (openPalette()) event.preventDefault();
};

const press = (pressed, isSecond) => {
  const scripted = SCRIPTED[actOf(pressed)];
  const menu = document.querySelector("[popover]:popover-open [data-key-row]");
  if (menu && scripted?.()) return true; // its rows come before the tickets
  const el = target(pressed);
  if (el) {
    use(el);
    return true;
  }
  return Boolean(scripted?.() || (!isSecond && /^[1-9]$/.test(pressed) && openTab(Number(pressed))));
};

// The second key of two belongs to nobody else, so this listens before all others.
const onSecondKey = (event) => {
  if (!chord || event.isComposing || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
  const pressed = `${chord} ${nameOf(event)}`;
  endChord();
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || hasOpenDialog()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  press(pressed, true);
};

const onKey = (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (ahead !== null) {
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) ahead += event.key;
    event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey) {
    withControl(event);
    return;
  }
  if (event.key === "Escape" && isTyping(document.activeElement) && !hasOpenDialog()) {
    document.activeElement.blur();
    return;
  }
  if (isTyping(event.target) || hasOpenDialog() || event.getModifierState?.("AltGraph")) return;
  if (event.key === "Escape") {
    leave();
    return;
  }
  if (!isOn()) return;
  if (event.key.startsWith("Arrow")) {
    if (arrow(event)) event.preventDefault();
    return;
  }
  if (event.altKey) return;
  const pressed = nameOf(event);
  if (press(pressed, false)) event.preventDefault();
  else if (startsChord(pressed)) {
    event.preventDefault();
    chord = pressed;
    chordTimer = setTimeout(endChord, CHORD_MS);
  }
};

// Without a script these links lead to the search and to a page with the keys.
const onClick = (event) => {
  const link = event.target.closest?.('[data-act="palette"], [data-act="help"]');
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  link.closest("[popover]:popover-open")?.hidePopover();
  if (link.dataset.act === "help") help().then((module) => module.open());
  else openPalette();
};

// What the palette remembers of one person is not for the next one at this machine.
const onSubmit = (event) => {
  if (event.target.getAttribute?.("action")?.endsWith("/logout/")) sessionStorage.clear();
};

export const init = () => {
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", onSecondKey, true);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onSubmit);
};

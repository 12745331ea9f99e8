// Rows of a list, for data-module="rows": ticking them, and looking at one beside the list (Space, see split.js).
// The bar of acts, #bulk, stands there while something is ticked and says how much.
// X ticks the row that has the focus, Shift with an arrow goes on and ticks, Ctrl+A ticks all rows, a click with Shift
// ticks all between, Escape closes what is edited in a row, then clears. The boxes belong to the bar's form by their form attribute.
import { actOf, isTyping, isVisible, nameOf } from "./page.js";

let listening = false;
let last = null;
let split = null;

const bar = () => document.getElementById("bulk");
const boxes = () => [...document.querySelectorAll("[data-pick]")].filter(isVisible);
const whole = () => bar()?.elements.namedItem("whole");

const show = () => {
  const form = bar();
  if (!form) return;
  const count = boxes().filter((box) => box.checked).length;
  form.toggleAttribute("data-on", count > 0 || whole()?.checked === true);
  const words = form.querySelector("[data-bulk-count]");
  words.textContent = count === 1 ? words.dataset.one : words.dataset.many.replace("{n}", count);
};

const tick = (box, isTicked) => {
  box.checked = isTicked;
  last = box;
};

const clear = () => {
  boxes().forEach((box) => { box.checked = false; });
  if (whole()) whole().checked = false;
  last = null;
  show();
};

const boxOf = (el) => el?.closest?.(".queue-row")?.querySelector("[data-pick]");

const onClick = (event) => {
  if (event.target.closest?.("[data-bulk-clear]")) {
    clear();
    return;
  }
  const box = event.target.closest?.("[data-pick]");
  if (!box) return;
  if (event.shiftKey && last && last !== box) {
    const every = boxes();
    const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((one, other) => one - other);
    if (from >= 0) every.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
  }
  last = box;
  show();
};

const extend = (step) => {
  const rows = [...document.querySelectorAll("[data-key-row]")].filter(isVisible);
  const at = rows.indexOf(document.activeElement);
  const next = rows[at + step];
  if (at < 0 || !next) return;
  const [here, there] = [boxOf(rows[at]), boxOf(next)];
  if (!here || !there) return;
  tick(here, true);
  tick(there, true);
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  show();
};

// What is edited in a row: Enter saves, also a choice, and Escape brings back what was there.
const onKeyInEdit = (event, form) => {
  const isBare = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  if (event.key === "Escape") form.querySelector("[data-inline-close]").click();
  else if (event.key === "Enter" && isBare && event.target.matches("select")) form.requestSubmit();
  else return;
  event.preventDefault();
};

const isOn = () => document.body.dataset.keys === "on";

const onKey = (event) => {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  const edit = event.target.closest?.(".inline-edit");
  if (edit) onKeyInEdit(event, edit);
  if (edit || isTyping(event.target)) return;
  if (isOn() && event.key === " " && event.target.matches?.("[data-key-row]") && !event.ctrlKey && !event.altKey) {
    event.preventDefault();
    split ??= import("./split.js"); // once it is asked for: most pages of a list are never split
    split.then((module) => module.toggle(event.target));
    return;
  }
  if (!bar()) return;
  const isArrow = event.key === "ArrowDown" || event.key === "ArrowUp";
  if (isOn() && isArrow && event.shiftKey && !event.ctrlKey && !event.altKey && boxOf(document.activeElement)) {
    event.preventDefault();
    extend(event.key === "ArrowDown" ? 1 : -1);
  } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a" && boxes().length) {
    event.preventDefault();
    boxes().forEach((box) => { box.checked = true; });
    show();
  } else if (isOn() && !event.ctrlKey && !event.metaKey && !event.altKey && actOf(nameOf(event)) === "select") {
    const box = boxOf(document.activeElement);
    if (!box) return;
    event.preventDefault();
    tick(box, !box.checked);
    show();
  } else if (event.key === "Escape" && document.querySelector("[data-inline-close]")) {
    document.querySelector("[data-inline-close]").click();
  } else if (event.key === "Escape" && bar().hasAttribute("data-on")) {
    clear();
  }
};

export const init = () => {
  bar()?.querySelectorAll("[data-bulk-clear]").forEach((el) => { el.hidden = false; });
  show(); // also for boxes that the browser has kept ticked on the way back
  if (listening) return;
  listening = true;
  document.addEventListener("click", onClick);
  document.addEventListener("change", (event) => { if (event.target === whole()) show(); });
  document.addEventListener("keydown", onKey);
};

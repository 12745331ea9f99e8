// A board, for data-module="board": cards are dragged by mouse and finger, and walked through by arrow keys; M asks where
// to. A drop shows at once and goes through the form #board-move; the answer holds the board as it is then, so a refused
// card stands where it was. Without an answer the card goes back by itself; where nobody is signed in any more, all that
// are on their way do, and go again once somebody is.
import { actOf, nameOf } from "./page.js";

const FAR = 6; // pixels; less is a click
const EDGE = 48; // pixels from the edge of the board where it begins to scroll
const STEP = 14;

let listening = false;
let drag = null;
let hasDropped = false; // the click that ends a drag opens nothing
let sent = null;
const waiting = [];
const held = []; // until somebody is signed in

const boardOf = (el) => el?.closest?.("[data-board-moves]");
const cardOf = (el) => el?.closest?.(".board-card:not(.board-card--ghost)");
const cellAt = (x, y) => document.elementFromPoint(x, y)?.closest("[data-cell]");
const sameCell = (column, lane) =>
  [...document.querySelectorAll("[data-cell]")].find((cell) => cell.dataset.column === column && cell.dataset.lane === lane);
const linkIn = (card) => card.querySelector("[data-key-row]");

// ---- moving: shown at once, then told to the server, one after the other ----

const count = (cell, by) => {
  const own = cell.querySelector("[data-tally]");
  const head = document.querySelector(`[data-tally="${CSS.escape(cell.dataset.column)}"]`);
  for (const tally of [own, head]) if (tally) tally.textContent = String(Number(tally.textContent) + by);
};

const put = (card, cell, before = cell.querySelector(".board-card")) => {
  const old = card.closest("[data-cell]");
  const hadFocus = card.contains(document.activeElement);
  cell.querySelector("ul").insertBefore(card, before);
  if (hadFocus) linkIn(card).focus();
  count(old, -1);
  count(cell, 1);
};

const show = (move) => {
  const card = document.getElementById(move.id);
  const cell = sameCell(move.column, move.lane);
  if (!card || !cell || card.closest("[data-cell]") === cell) return;
  put(card, cell);
  card.setAttribute("aria-busy", "true");
};

const bringBack = (move) => {
  const card = document.getElementById(move.id);
  const cell = sameCell(...move.from);
  if (!card || !cell) return;
  card.removeAttribute("aria-busy");
  if (card.closest("[data-cell]") !== cell) put(card, cell, cell.querySelectorAll(".board-card")[move.place] ?? null);
};

const sendNext = () => {
  const form = document.getElementById("board-move");
  if (sent || !waiting.length || !form) return;
  sent = waiting.shift();
  const card = document.getElementById(sent.id);
  form.elements.card.value = sent.id.replace(/^card-/, "");
  form.elements.column.value = sent.column;
  form.elements.lane.value = sent.lane;
  form.elements.version.value = card?.dataset.version ?? "";
  form.dataset.goesOn = ""; // by itself, see hold
  form.requestSubmit();
};

// Nobody was there to move it. What fails so a second time is said by app.js and stays where it was.
const hold = (answered) => {
  const stopped = [answered, ...waiting.splice(0)];
  stopped.toReversed().forEach(bringBack);
  held.push(...stopped.filter((move) => !move.isAgain));
};

const goOn = () => {
  waiting.push(...held.splice(0).map((move) => ({ ...move, isAgain: true })));
  waiting.forEach(show);
  sendNext();
};

const move = (card, cell) => {
  const from = card.closest("[data-cell]");
  if (!cell || cell === from) return;
  const { column, lane } = cell.dataset;
  const place = [...from.querySelectorAll(".board-card")].indexOf(card);
  const hasFocus = card.contains(document.activeElement);
  const planned = { id: card.id, column, lane, from: [from.dataset.column, from.dataset.lane], place, hasFocus };
  waiting.push(planned);
  show(planned);
  sendNext();
};

const onAnswer = (event) => {
  if (event.detail.elt?.id !== "board-move" || !sent) return;
  const answered = sent;
  sent = null;
  const { xhr } = event.detail;
  if (["HX-Redirect", "Form-Out-Of-Date"].some((name) => xhr?.getResponseHeader(name))) {
    hold(answered);
    return;
  }
  const status = xhr?.status ?? 0;
  if (status === 0 || status === 401 || status === 404 || status >= 500) bringBack(answered);
  else if (answered.hasFocus && !document.querySelector("dialog[open]")) {
    const card = document.getElementById(answered.id);
    if (card && !card.contains(document.activeElement)) linkIn(card).focus({ preventScroll: true });
  }
  waiting.forEach(show); // the answer has shown the board without them
  sendNext();
};

// ---- dragging ----

const onDown = (event) => {
  const card = cardOf(event.target);
  if (!card || !boardOf(card) || !event.isPrimary || event.button !== 0 || card.getAttribute("aria-busy")) return;
  if (event.pointerType !== "mouse" && !event.target.closest("[data-grip]")) return; // a finger scrolls
  hasDropped = false;
  drag = { card, pointer: event.pointerId, x: event.clientX, y: event.clientY, ghost: null, cell: null };
};

const begin = () => {
  const box = drag.card.getBoundingClientRect();
  const ghost = drag.card.cloneNode(true);
  ghost.classList.add("board-card--ghost");
  ghost.removeAttribute("id");
  ghost.inert = true;
  ghost.style.width = `${box.width}px`;
  drag.offset = { x: drag.x - box.left, y: drag.y - box.top };
  drag.ghost = ghost;
  drag.card.dataset.dragged = "";
  drag.card.setPointerCapture(drag.pointer);
  document.body.append(ghost);
  scroll();
};

const mark = (cell) => {
  if (drag.cell === cell) return;
  drag.cell?.removeAttribute("data-target");
  cell?.setAttribute("data-target", "");
  drag.cell = cell;
};

const scroll = () => {
  if (!drag?.ghost) return;
  const board = document.querySelector("[data-board-scroll]");
  const box = board.getBoundingClientRect();
  const pull = (at, start, end) => (at < start + EDGE ? -STEP : at > end - EDGE ? STEP : 0);
  board.scrollBy(pull(drag.x, box.left, box.right), pull(drag.y, box.top, Math.min(box.bottom, window.innerHeight)));
  requestAnimationFrame(scroll);
};

const onMove = (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  if (!drag.ghost) {
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR) return;
    begin();
  }
  drag.x = event.clientX;
  drag.y = event.clientY;
  drag.ghost.style.translate = `${drag.x - drag.offset.x}px ${drag.y - drag.offset.y}px`;
  mark(cellAt(drag.x, drag.y));
};

const end = () => {
  const ended = drag;
  drag = null;
  ended.ghost?.remove();
  ended.cell?.removeAttribute("data-target");
  delete ended.card.dataset.dragged;
  return ended;
};

const onUp = (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  const ended = end();
  if (!ended.ghost) return;
  hasDropped = true;
  setTimeout(() => { hasDropped = false; });
  const card = document.getElementById(ended.card.id); // the board may have been renewed meanwhile
  if (card) move(card, cellAt(event.clientX, event.clientY));
};

const onCancel = (event) => {
  if (drag && event.pointerId === drag.pointer) end();
};

const onClick = (event) => {
  if (!hasDropped) return;
  event.preventDefault();
  event.stopPropagation();
};

const onNativeDrag = (event) => {
  if (drag || boardOf(event.target)) event.preventDefault(); // of the link, or of selected text
};

// ---- keys ----

const cardsIn = (cell) => [...cell.querySelectorAll(".board-card")];
const columns = () => [...document.querySelectorAll(".board__row:not(.board__row--heads)")].map((row) => [...row.children]);

const neighbour = (card, key) => {
  const rows = columns();
  const cell = card.closest("[data-cell]");
  const row = rows.findIndex((cells) => cells.includes(cell));
  const column = rows[row].indexOf(cell);
  const place = cardsIn(cell).indexOf(card);
  if (key === "ArrowUp" || key === "ArrowDown") {
    const all = rows.flatMap((cells) => cardsIn(cells[column]));
    return all[all.indexOf(card) + (key === "ArrowDown" ? 1 : -1)];
  }
  const isForward = (key === "ArrowRight") !== (document.documentElement.dir === "rtl");
  const others = isForward ? rows[row].slice(column + 1) : rows[row].slice(0, column).reverse();
  const next = others.find((other) => cardsIn(other).length);
  return next && cardsIn(next)[Math.min(place, cardsIn(next).length - 1)];
};

const onKey = (event) => {
  if (event.key === "Escape" && drag) {
    event.preventDefault();
    end();
    return;
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  const isFree = document.activeElement === document.body && document.getElementById("board");
  const card = cardOf(document.activeElement);
  if (event.key.startsWith("Arrow") && !event.shiftKey && (card || isFree)) {
    const next = card ? neighbour(card, event.key) : document.querySelector(".board-card");
    if (!next) return;
    event.preventDefault();
    linkIn(next).focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  } else if (card && document.body.dataset.keys === "on" && actOf(nameOf(event)) === "move") {
    event.preventDefault();
    card.querySelector("[data-grip]")?.click();
  }
};

export const init = () => {
  if (listening) return;
  listening = true;
  document.addEventListener("pointerdown", onDown);
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", onUp);
  document.addEventListener("pointercancel", onCancel);
  document.addEventListener("click", onClick, true);
  document.addEventListener("dragstart", onNativeDrag);
  document.addEventListener("selectstart", (event) => { if (drag) event.preventDefault(); });
  document.addEventListener("keydown", onKey);
  document.addEventListener("session:renewed", goOn);
  document.addEventListener("htmx:afterRequest", onAnswer); // after the swap, also where no answer came
};

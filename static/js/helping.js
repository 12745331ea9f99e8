// Envelopes, for data-module="helping": what is selected on the ticket, or being written, is the beginning of the reason
// why help is asked for; a form that was closed with words in it is opened again as it was; and the server hears how far an open envelope has been read, while somebody looks at it.
import { all } from "./page.js";

let listening = false;
let words = "";
let told = "";

const selected = () => {
  const selection = document.getSelection();
  const within = selection?.anchorNode?.parentElement?.closest(".entry__body");
  return selection && !selection.isCollapsed && within ? selection.toString().trim() : "";
};

const written = () => document.querySelector("details.composer[open] [data-composer-text]")?.value.trim() ?? "";

// Before the dialog takes the focus, and the selection with it.
const onClick = (event) => {
  if (event.target.closest?.('[data-act="envelope"]')) words = selected() || written();
};

const fill = (text) => {
  if (words && !("filled" in text.dataset)) text.value = words;
  text.dataset.filled = words;
  words = "";
};

// Words somebody has typed into the form that stands in the slot still; what was only filled in, here or by the server,
// comes anew. A form that came back holds what was typed as what the server gave.
const isTyped = ({ value, defaultValue, dataset, form }) =>
  value.trim() && value !== dataset.filled && ("cameBack" in form.dataset || value !== defaultValue);

const begunFor = (link) => {
  const form = document.querySelector(`#dialog-slot form:not([data-sent])[action="${CSS.escape(link.getAttribute("href"))}"]`);
  const isBegun = [...(form?.querySelectorAll("textarea") ?? [])].some(isTyped);
  return isBegun ? form.closest("dialog") : null;
};

const onAsk = (event) => {
  const { elt } = event.detail;
  const dialog = elt.matches('a[hx-target="#dialog-slot"]') ? begunFor(elt) : null;
  if (!dialog) return;
  event.preventDefault();
  words = "";
  if (!dialog.open) dialog.showModal();
};

// What has been sent is not begun any more.
const onDone = ({ target }) => target.closest?.("#dialog-slot form")?.setAttribute("data-sent", "");

const tell = (form) => {
  const mark = `${form.action} ${form.elements.seq.value}`;
  if (document.hidden || mark === told) return;
  told = mark;
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), keepalive: true }).catch(() => { told = ""; });
};

export const init = (root) => {
  all(root, "[data-prefill]").forEach(fill);
  all(root, "form[data-read]").forEach(tell);
  if (listening) return;
  listening = true;
  document.addEventListener("click", onClick, true);
  document.addEventListener("htmx:beforeRequest", onAsk);
  document.addEventListener("dialogDone", onDone);
  document.addEventListener("visibilitychange", () => document.querySelectorAll("form[data-read]").forEach(tell));
};

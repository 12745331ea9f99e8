// Small controls any page may have, by delegation:
// dialogs: data-dialog-open="<id>" opens (on a link: instead of the page that holds the same form), data-dialog-close
//   closes, data-dialog-auto opens on arrival, the server's word dialogDone closes; the browser brings the focus back, then to data-dialog-return="<id>".
// focus: [data-take-focus] takes it on arrival, but not from a field somebody has gone to meanwhile.
// copy: buttons that copy data-copy and say data-copied; shown only where the clipboard can be written.
// theme: form[data-theme-form] switches the appearance at once; the server stores it for the next page.
// panels: form[data-panel-form] opens or closes one at once; [data-resize="<name>"] makes it wider or narrower,
//   with the mouse or the arrow keys. The server stores both for the next page.
// autosubmit: [data-submit-on-change] sends its filter form on each choice; the button beside it is then not needed.
import { all, say } from "./page.js";

const PAUSE_MS = 600;
let listening = false;
let pause = 0;

const openDialog = (event, opener) => {
  const dialog = document.getElementById(opener.dataset.dialogOpen);
  if (!dialog) return;
  event.preventDefault();
  opener.closest("[popover]:popover-open")?.hidePopover();
  dialog.showModal();
};

// Where nobody has opened it on this page, the focus goes back to what would have.
const openOnArrival = (dialog) => {
  document.getElementById(dialog.dataset.dialogReturn)?.focus({ preventScroll: true });
  delete dialog.dataset.dialogAuto; // once: what comes to the page later does not bring it back
  dialog.showModal();
};

const copy = async (button) => {
  await navigator.clipboard.writeText(button.dataset.copy);
  say(button.dataset.copied);
};

const onClick = (event) => {
  const opener = event.target.closest?.("[data-dialog-open]");
  if (opener) openDialog(event, opener);
  event.target.closest?.("[data-dialog-close]")?.closest("dialog")?.close();
  const copier = event.target.closest?.("[data-copy]");
  if (copier) copy(copier);
};

const store = async (form, body) => {
  const sent = { method: "POST", body, redirect: "manual", keepalive: true };
  const answer = await fetch(form.getAttribute("action"), sent).catch(() => null);
  const isStored = answer !== null && (answer.ok || answer.type === "opaqueredirect");
  if (!isStored) say(form.dataset.failed);
};

const onTheme = (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.matches?.("[data-theme-form]") || button?.name !== "theme") return;
  event.preventDefault();
  document.documentElement.dataset.theme = button.value;
  document.querySelectorAll('[data-theme-form] [name="theme"]').forEach((other) => {
    other.setAttribute("aria-pressed", String(other.value === button.value));
  });
  store(form, new URLSearchParams(new FormData(form, button)));
};

const page = document.documentElement;

const keepLayout = (form, name, value) => {
  const body = new URLSearchParams({ [name]: value });
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  store(form, body);
};

const onPanel = (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.matches?.("[data-panel-form]") || !button?.name) return;
  event.preventDefault();
  page.dataset[button.name] = button.value;
  keepLayout(form, button.name, button.value);
  const isOpen = button.value === "open";
  button.value = isOpen ? button.dataset.closed : "open";
  button.setAttribute("aria-expanded", String(isOpen));
};

const limits = (handle) => ({
  low: Number(handle.getAttribute("aria-valuemin")),
  high: Number(handle.getAttribute("aria-valuemax")),
  step: Number(handle.dataset.step),
});

const resize = (handle, rem) => {
  const { low, high, step } = limits(handle);
  const width = Math.min(high, Math.max(low, low + Math.round((rem - low) / step) * step));
  const panel = handle.dataset.resize;
  if (width === widthNow(handle)) return;
  page.dataset[`${panel}Width`] = width;
  handle.setAttribute("aria-valuenow", width);
  clearTimeout(pause);
  const form = document.querySelector("[data-panel-form]");
  pause = setTimeout(() => keepLayout(form, `${panel}_width`, width), PAUSE_MS);
};

const widthNow = (handle) => Number(page.dataset[`${handle.dataset.resize}Width`]);

// Which way a panel grows: that at the left of the text grows towards its end.
const sign = (handle) => (handle.dataset.resize === "list" ? -1 : 1) * (document.dir === "rtl" ? -1 : 1);

const onResizeKey = (event) => {
  const handle = event.target.closest?.("[data-resize]");
  if (!handle) return;
  const { low, high, step } = limits(handle);
  const widths = { ArrowLeft: step * sign(handle), ArrowRight: -step * sign(handle) };
  const width = { Home: low, End: high }[event.key] ?? (event.key in widths ? widthNow(handle) + widths[event.key] : null);
  if (width === null) return;
  event.preventDefault();
  resize(handle, width);
};

const onPointerDown = (event) => {
  const handle = event.target.closest?.("[data-resize]");
  if (!handle || event.button !== 0) return;
  handle.setPointerCapture(event.pointerId);
  const rem = parseFloat(getComputedStyle(page).fontSize);
  const from = event.clientX;
  const before = widthNow(handle);
  const move = (moved) => resize(handle, before + (sign(handle) * (from - moved.clientX)) / rem);
  handle.addEventListener("pointermove", move);
  handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
};

const onChange = (event) => {
  if (event.target.matches?.("[data-submit-on-change]")) event.target.form.requestSubmit();
};

export const init = (root) => {
  all(root, "[data-dialog-open]").forEach((el) => { el.hidden = false; });
  if (navigator.clipboard) page.dataset.canCopy = "";
  all(root, '[data-module~="autosubmit"]').forEach((button) => { button.hidden = true; });
  all(root, "dialog[data-dialog-auto]:not([open])").forEach(openOnArrival);
  if (!document.activeElement?.matches("input, select, textarea")) all(root, "[data-take-focus]").at(0)?.focus();
  all(root, "[data-resize]").forEach((handle) => { handle.hidden = false; });
  if (listening) return;
  listening = true;
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onTheme);
  document.addEventListener("submit", onPanel);
  document.addEventListener("keydown", onResizeKey);
  document.addEventListener("pointerdown", onPointerDown);
  document.addEventListener("change", onChange);
  document.addEventListener("dialogDone", ({ target }) => target.closest?.("dialog")?.close());
};

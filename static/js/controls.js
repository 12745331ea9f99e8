// Small controls any page may have, by delegation:
// dialogs: data-dialog-open="<id>" opens (on a link: instead of the page that holds the same form), data-dialog-close
//   closes, data-dialog-auto opens on arrival; the browser brings the focus back.
// focus: [data-take-focus] takes it on arrival, but not from a field somebody has gone to meanwhile.
// copy: buttons that copy data-copy and say data-copied; shown only where the clipboard can be written.
// theme: form[data-theme-form] switches the appearance at once; the server stores it for the next page.
// autosubmit: [data-submit-on-change] sends its filter form on each choice; the button beside it is then not needed.
import { all, say } from "./page.js";

let listening = false;

const openDialog = (event, opener) => {
  const dialog = document.getElementById(opener.dataset.dialogOpen);
  if (!dialog) return;
  event.preventDefault();
  opener.closest("[popover]:popover-open")?.hidePopover();
  if (dialog.id === "keys-help") document.dispatchEvent(new CustomEvent("keys:help"));
  else dialog.showModal();
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

const onSubmit = async (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.matches?.("[data-theme-form]") || button?.name !== "theme") return;
  event.preventDefault();
  document.documentElement.dataset.theme = button.value;
  document.querySelectorAll('[data-theme-form] [name="theme"]').forEach((other) => {
    other.setAttribute("aria-pressed", String(other.value === button.value));
  });
  const sent = { method: "POST", body: new FormData(form, button), redirect: "manual" };
  const answer = await fetch(form.getAttribute("action"), sent).catch(() => null);
  const isStored = answer !== null && (answer.ok || answer.type === "opaqueredirect");
  if (!isStored) say(form.dataset.failed);
};

const onChange = (event) => {
  if (event.target.matches?.("[data-submit-on-change]")) event.target.form.requestSubmit();
};

export const init = (root) => {
  all(root, "[data-dialog-open]").forEach((el) => { el.hidden = false; });
  if (navigator.clipboard) all(root, "[data-copy]").forEach((el) => { el.hidden = false; });
  all(root, '[data-module~="autosubmit"]').forEach((button) => { button.hidden = true; });
  all(root, "dialog[data-dialog-auto]:not([open])").forEach((el) => el.showModal());
  if (!document.activeElement?.matches("input, select, textarea")) all(root, "[data-take-focus]").at(0)?.focus();
  if (listening) return;
  listening = true;
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("change", onChange);
};

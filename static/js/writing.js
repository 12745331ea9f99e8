// Help while writing, begun by ticket.js for the <details> around a form[data-composer] when it opens: a slash at the beginning
// of a line offers canned responses, an @ in a note the names of colleagues. The server says what is offered; chosen with
// the arrow keys and Enter, or with the pointer.
import { all } from "./page.js";

const PAUSE_MS = 120;
const SLASH = /^\/([^\s/][^/\n]{0,40})?$/;
const AT = /(?:^|[\s(])@([^\s@][^@\n]{0,40})?$/u;
const open = { form: null, start: 0, options: [], at: 0, added: "" };
let listening = false;
let timer = 0;
let asked = 0;

const formOf = (el) => el?.closest?.("form[data-composer]");
const textOf = (form) => form.querySelector("[data-composer-text]");
const aidsOf = (form) => form?.querySelector("[data-aids]");
const listOf = (form) => form.querySelector("[data-aid-list]");

// What is being asked for at the caret: where it begins, which words follow, and the address that knows.
const askedAt = (form) => {
  const text = textOf(form);
  const aids = aidsOf(form);
  if (!aids || text.selectionStart !== text.selectionEnd) return null;
  const before = text.value.slice(0, text.selectionStart);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const slash = SLASH.exec(line);
  if (slash) {
    const { textsUrl: url } = aids.dataset;
    return { url, words: slash[1] ?? "", start: before.length - line.length, label: "textsLabel" };
  }
  const at = aids.dataset.peopleUrl ? AT.exec(before) : null;
  if (!at) return null;
  const words = at[1] ?? "";
  return { url: aids.dataset.peopleUrl, words, start: before.length - words.length - 1, label: "peopleLabel" };
};

const close = () => {
  clearTimeout(timer);
  asked += 1;
  if (!open.form) return;
  const text = textOf(open.form);
  listOf(open.form).hidden = true;
  for (const name of ["aria-controls", "aria-activedescendant", "aria-autocomplete"]) text.removeAttribute(name);
  Object.assign(open, { form: null, options: [], added: "" });
};

const mark = (index) => {
  open.at = (index + open.options.length) % open.options.length;
  const rows = [...listOf(open.form).children];
  rows.forEach((row, place) => row.setAttribute("aria-selected", String(place === open.at)));
  rows[open.at].scrollIntoView({ block: "nearest" });
  textOf(open.form).setAttribute("aria-activedescendant", rows[open.at].id);
};

const show = (form, found, results) => {
  const list = listOf(form);
  const text = textOf(form);
  const template = form.querySelector("[data-aid-option]").content.firstElementChild;
  const { added } = open;
  close();
  Object.assign(open, { form, start: found.start, options: results, added });
  list.replaceChildren(...results.map((option, index) => {
    const row = template.cloneNode(true);
    row.id = `${list.id}-${index}`;
    row.querySelector("[data-label]").textContent = option.label;
    row.querySelector("[data-hint]").textContent = option.hint;
    return row;
  }));
  list.setAttribute("aria-label", list.dataset[found.label]);
  list.hidden = false;
  text.setAttribute("aria-controls", list.id);
  text.setAttribute("aria-autocomplete", "list");
  mark(0);
};

const look = async (form) => {
  const found = askedAt(form);
  if (!found) {
    close();
    return;
  }
  asked += 1;
  const mine = asked;
  const url = new URL(found.url, location.href);
  url.searchParams.set("q", found.words);
  const response = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!response?.ok || mine !== asked || document.activeElement !== textOf(form)) return;
  const { results } = await response.json();
  if (mine !== asked) return;
  const status = form.querySelector("[data-aid-status]");
  status.textContent = results.length || found.words ? "" : status.dataset.none;
  if (results.length) show(form, found, results);
  else close();
};

export const replace = (text, start, end, words) => {
  text.focus();
  text.setSelectionRange(start, end);
  // As if typed, so that it can be undone like typing; not everywhere possible.
  if (!document.execCommand("insertText", false, words)) {
    text.setRangeText(words, start, end, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
};

const choose = (index) => {
  const { form, start } = open;
  const option = open.options[index];
  const text = textOf(form);
  close();
  replace(text, start, text.selectionStart, option.text);
  close();
  const gap = option.unfilled?.[0];
  if (!gap) return;
  const place = text.value.indexOf(gap, start);
  text.setSelectionRange(place, place + gap.length); // to be written over
};

const leave = () => {
  const { form, start, added } = open;
  const text = textOf(form);
  const isUntouched = added && text.value.slice(start, text.selectionStart) === added.trim();
  close();
  if (isUntouched) replace(text, text.selectionStart - added.length, text.selectionStart, "");
};

const KEYS = {
  ArrowDown: () => mark(open.at + 1),
  ArrowUp: () => mark(open.at - 1),
  Enter: () => choose(open.at),
  Tab: () => choose(open.at),
  Escape: leave,
};

const onKey = (event) => {
  const form = formOf(event.target);
  if (!form || event.target !== textOf(form) || event.isComposing) return;
  const isPlain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
  if (open.form !== form || !isPlain || !KEYS[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  KEYS[event.key]();
};

const onInput = (event) => {
  const form = formOf(event.target);
  if (!form || event.target !== textOf(form) || !aidsOf(form)) return;
  clearTimeout(timer);
  if (askedAt(form)) timer = setTimeout(() => look(form), PAUSE_MS);
  else close();
};

const onClick = (event) => {
  const row = event.target.closest?.('[data-aid-list] [role="option"]');
  if (row && open.form) {
    choose([...row.parentElement.children].indexOf(row));
    return;
  }
  const opener = event.target.closest?.("[data-aid-open]");
  const form = formOf(opener);
  if (form) {
    event.preventDefault();
    const text = textOf(form);
    const before = text.value.slice(0, text.selectionStart);
    const sign = opener.dataset.aidOpen;
    const gap = { "/": /(^|\n)$/, "@": /(^|[\s(])$/ }[sign].test(before) ? "" : { "/": "\n", "@": " " }[sign];
    close();
    replace(text, text.selectionStart, text.selectionEnd, gap + sign);
    open.added = gap + sign;
    clearTimeout(timer);
    look(form);
  } else if (open.form && event.target !== textOf(open.form)) close();
};

export const init = (root) => {
  all(root, "[data-aid-open][hidden]").forEach((button) => { button.hidden = false; });
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("input", onInput);
  document.addEventListener("click", onClick);
  document.addEventListener("pointerdown", (event) => {
    if (event.target.closest?.("[data-aid-list]")) event.preventDefault(); // the text keeps the focus
  });
  document.addEventListener("focusout", (event) => {
    if (open.form && event.target === textOf(open.form)) close();
  });
  onInput({ target: document.activeElement }); // typed before this came
};

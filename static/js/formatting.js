// The bar with formatting over the text of a reply, begun by ticket.js when the composer opens; Ctrl+B and Ctrl+I: Markdown
// is put around what is selected, and taken away again where it stands already. One stop of the tab key; the arrow keys go along it.
import { all } from "./page.js";
import { replace } from "./writing.js";

const ADDRESS = /^(https?:\/\/|mailto:|www\.)\S+$/;
let listening = false;

const textOf = (el) => el.closest("form[data-composer]").querySelector("[data-composer-text]");
const buttonsOf = (bar) => [...bar.querySelectorAll("[data-format]")];

// Of one star on each side the words are italic, of two bold, of three both.
const isAround = (sign, before, after) => {
  const stars = Math.min(/\**$/.exec(before)[0].length, /^\**/.exec(after)[0].length);
  if (sign === "*") return stars % 2 === 1;
  return before.endsWith(sign) && after.startsWith(sign);
};

const around = (sign) => (text) => {
  const { selectionStart: start, selectionEnd: end, value } = text;
  if (isAround(sign, value.slice(0, start), value.slice(end))) {
    replace(text, start - sign.length, end + sign.length, value.slice(start, end));
    text.setSelectionRange(start - sign.length, end - sign.length);
  } else {
    replace(text, start, end, sign + value.slice(start, end) + sign);
    text.setSelectionRange(start + sign.length, end + sign.length);
  }
};

// Whole lines, and a list or quote begins after an empty one, so that what stands before is no part of it.
const linesWith = (sign) => (text) => {
  const { value } = text;
  const start = value.lastIndexOf("\n", text.selectionStart - 1) + 1;
  const found = value.indexOf("\n", text.selectionEnd);
  const end = found < 0 ? value.length : found;
  const lines = value.slice(start, end).split("\n");
  const isMarked = lines.every((line) => line.startsWith(sign));
  const marked = lines.map((line) => (isMarked ? line.slice(sign.length) : sign + line)).join("\n");
  const gap = !isMarked && start > 0 && !/\n\n$/.test(value.slice(0, start)) ? "\n" : "";
  replace(text, start, end, gap + marked);
  text.setSelectionRange(lines.length > 1 ? start + gap.length : start + gap.length + marked.length, start + gap.length + marked.length);
};

const code = (text) => {
  const { selectionStart: start, selectionEnd: end, value } = text;
  const words = value.slice(start, end);
  if (!words.includes("\n")) {
    around("`")(text);
    return;
  }
  const gap = start > 0 && value[start - 1] !== "\n" ? "\n" : "";
  replace(text, start, end, `${gap}\`\`\`\n${words.replace(/\n$/, "")}\n\`\`\`\n`);
};

// What is still to be typed is selected: the address, or the words where the address was.
const link = (text) => {
  const { selectionStart: start, selectionEnd: end, value } = text;
  const words = value.slice(start, end).trim();
  const isAddress = ADDRESS.test(words);
  const [label, address] = isAddress ? ["", words] : [words, "https://"];
  replace(text, start, end, `[${label}](${address})`);
  if (isAddress || !label) text.setSelectionRange(start + 1, start + 1);
  else text.setSelectionRange(start + label.length + 3, start + label.length + 3 + address.length);
};

const FORMATS = { bold: around("**"), italic: around("*"), list: linesWith("- "), quote: linesWith("> "), code, link };

const onClick = (event) => {
  const button = event.target.closest?.("[data-format]");
  if (button) FORMATS[button.dataset.format](textOf(button));
};

const KEYS = { b: FORMATS.bold, i: FORMATS.italic };

const onTextKey = (event) => {
  const format = KEYS[event.key?.toLowerCase()];
  const isAsked = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && !event.isComposing;
  if (!format || !isAsked || !event.target.matches?.("[data-formatted] [data-composer-text]")) return;
  event.preventDefault();
  format(event.target);
};

const onKey = (event) => {
  const bar = event.target.closest?.(".composer__bar");
  if (!bar) return;
  const buttons = buttonsOf(bar);
  const at = buttons.indexOf(event.target);
  const step = document.dir === "rtl" ? -1 : 1;
  const to = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: buttons.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = buttons[(to + buttons.length) % buttons.length];
  buttons.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
  next.focus();
};

export const init = (root) => {
  for (const template of all(root, "[data-format-bar]")) {
    const bar = template.content.firstElementChild.cloneNode(true);
    buttonsOf(bar).forEach((button, index) => { button.tabIndex = index ? -1 : 0; });
    template.replaceWith(bar);
  }
  if (listening) return;
  listening = true;
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("keydown", onTextKey);
};

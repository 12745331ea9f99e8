// The palette (Ctrl+K), begun by keys.js: a dialog with one field and what fits to it. Actions are the buttons that stand on
// the page, and choosing one clicks it, so that nothing is done another way. Views, pages and help are remembered for the tab;
// tickets and people come from the server while somebody types. As a picker (keys S, P, V) it offers some elements alone.
import { alarm, isUsable, labelOf, use } from "./page.js";

const PAUSE_MS = 80;
const MOST = 8; // of a group, once something is typed
const KEPT = "palette";
const GROUPS = ["actions", "tickets", "envelopes", "views", "customers", "colleagues", "pages", "help"];
const KEPT_GROUPS = ["views", "pages", "help"];

const now = { kind: "", label: "", own: [], server: {}, found: {}, shown: [], at: 0, asked: "", isRemembered: false };
let timer = 0;
let asking = null;

const dialogOf = () => document.getElementById("palette");
const inputOf = () => dialogOf().querySelector("input");
const listOf = () => document.getElementById("palette-list");

// ---- fitting ----

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// How well the letters of `wanted` stand in `text` one after the other; below 0 if they do not.
const scoreOf = (wanted, text) => {
  let score = 0;
  let from = 0;
  for (const sign of wanted) {
    const at = text.indexOf(sign, from);
    if (at < 0) return -1;
    if (at === 0 || /[\s·(/-]/.test(text[at - 1])) score += 3;
    if (at === from && from > 0) score += 2;
    score -= Math.min(1, (at - from) / 20);
    from = at + 1;
  }
  const whole = text.indexOf(wanted);
  if (whole >= 0) score += whole === 0 ? 30 : 20;
  return Math.max(0, score - text.length / 200);
};

const fitting = (entries, typed) => {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  if (!words.length) return entries;
  const scored = entries.map((entry) => {
    const text = plain(`${entry.label} ${entry.hint ?? ""}`);
    const scores = words.map((word) => scoreOf(word, text));
    return { entry, score: Math.min(...scores) < 0 ? -1 : scores.reduce((sum, score) => sum + score, 0) };
  });
  return scored.filter(({ score }) => score >= 0).sort((one, other) => other.score - one.score).map(({ entry }) => entry);
};

// ---- what there is ----

const entryOf = (el, prefix = "") => {
  const key = el.querySelector("kbd")?.textContent ?? "";
  const label = labelOf(el);
  return { label: prefix + label, key, run: () => useNow(el, label) };
};

// Live updates may have put another in its place while the palette was open.
const useNow = (el, label) => {
  const { act, actGroup } = el.dataset;
  const isSame = (other) =>
    other.dataset.act === act && other.dataset.actGroup === actGroup && (act || labelOf(other) === label) && isUsable(other);
  const found = el.isConnected ? el : [...document.querySelectorAll("[data-act], [data-act-group]")].find(isSame);
  if (found) use(found);
  else alarm("message-not-found");
};

const FIRST = "#bulk, .ticket-head__actions, #composers";
const LAST = "#navigation, #account-menu";

// The actions of this page, each once: what is done with the selection or the ticket, then what is on the page, then the
// rest.
const actionsOfPage = () => {
  const seen = new Set(["palette", "help"]);
  const [first, groups, then, last] = [[], [], [], []];
  for (const el of document.querySelectorAll("[data-act], [data-act-group]")) {
    const name = el.dataset.act ?? "";
    if (!isUsable(el) || seen.has(name) || name.startsWith("go_") || el.closest("dialog")) continue;
    if (name) seen.add(name);
    const group = name ? "" : `${dialogOf().dataset[el.dataset.actGroup]}: `;
    (el.closest(FIRST) ? (name ? first : groups) : el.closest(LAST) ? last : then).push(entryOf(el, group));
  }
  return [...first, ...groups, ...then, ...last];
};

// Before the server has told any: those of the navigation.
const pagesOfPage = () =>
  [...document.querySelectorAll("#navigation a[data-act^=go_], #account-menu a[data-act^=go_]")].map((el) => ({
    label: labelOf(el),
    url: el.getAttribute("href"),
  }));

const linked = (part) => ({ ...part, run: (isApart) => (isApart ? window.open(part.url, "_blank", "noopener") : location.assign(part.url)) });

// Of this person alone: the tab may have been left by another without signing out.
const kept = () => {
  try {
    const { person, groups } = JSON.parse(sessionStorage.getItem(KEPT));
    return person === document.body.dataset.person ? groups : {};
  } catch {
    return {};
  }
};

const keep = (told) => {
  const groups = Object.fromEntries(KEPT_GROUPS.map((name) => [name, told[name]]));
  sessionStorage.setItem(KEPT, JSON.stringify({ person: document.body.dataset.person, groups }));
};

const ask = async (typed) => {
  asking?.abort();
  asking = new AbortController();
  const url = dialogOf().dataset.url + (typed ? `?q=${encodeURIComponent(typed)}` : "");
  const answer = await fetch(url, { signal: asking.signal, headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) return null;
  return answer.json().catch(() => null);
};

const remember = async () => {
  const told = await ask("");
  if (!told) return;
  now.server = told;
  keep(told);
  if (dialogOf().open && !now.kind) show();
};

const look = async (typed) => {
  const told = await ask(typed);
  if (!told || inputOf().value.trim() !== typed) return;
  now.found = told;
  now.asked = typed;
  show({ keepsPlace: true });
};

// ---- showing ----

const groupsFor = (typed) => {
  if (now.kind) return [["actions", fitting(now.own, typed)]];
  const found = (name) => (now.found[name] ?? []).map(linked);
  const known = (name) => fitting((now.server[name] ?? []).map(linked), typed);
  const parts = {
    actions: fitting(now.own, typed),
    tickets: typed ? found("tickets") : known("tickets"),
    envelopes: typed ? found("envelopes") : [],
    customers: typed ? found("customers") : [],
    colleagues: typed ? found("colleagues") : [],
  };
  return GROUPS.map((name) => [name, (parts[name] ?? known(name)).slice(0, typed ? MOST : 20)]);
};

const optionOf = (entry, index) => {
  const option = document.createElement("div");
  option.className = "palette__option";
  option.id = `palette-option-${index}`;
  option.setAttribute("role", "option");
  const label = document.createElement("span");
  label.textContent = entry.label;
  option.append(label);
  for (const [tag, text] of [["span", entry.hint], ["kbd", now.kind && index < 9 ? String(index + 1) : entry.key]]) {
    if (!text) continue;
    const part = document.createElement(tag);
    if (tag === "span") part.className = "palette__hint";
    part.textContent = text;
    option.append(part);
  }
  return option;
};

const mark = (index) => {
  const options = [...listOf().querySelectorAll('[role="option"]')];
  now.at = options.length ? (index + options.length) % options.length : 0;
  options.forEach((option, place) => option.setAttribute("aria-selected", String(place === now.at)));
  const chosen = options[now.at];
  if (chosen) inputOf().setAttribute("aria-activedescendant", chosen.id);
  else inputOf().removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
};

const say = (count) => {
  const { dataset } = dialogOf();
  dialogOf().querySelector("[data-palette-none]").hidden = count > 0;
  const none = dialogOf().querySelector("[data-palette-none]").textContent;
  dialogOf().querySelector("[data-palette-said]").textContent =
    count === 0 ? none : count === 1 ? dataset.one : dataset.many.replace("{n}", count);
};

const show = ({ keepsPlace = false } = {}) => {
  const before = keepsPlace ? now.shown[now.at]?.label : "";
  now.shown = [];
  const parts = groupsFor(inputOf().value.trim()).filter(([, entries]) => entries.length).map(([name, entries]) => {
    const group = document.createElement("div");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", now.kind ? dialogOf().dataset[now.kind] : dialogOf().dataset[`group${name[0].toUpperCase()}${name.slice(1)}`]);
    const title = document.createElement("div");
    title.className = "palette__group";
    title.setAttribute("aria-hidden", "true");
    title.textContent = group.getAttribute("aria-label");
    group.append(title, ...entries.map((entry) => optionOf(entry, now.shown.push(entry) - 1)));
    return group;
  });
  listOf().replaceChildren(...parts);
  listOf().hidden = parts.length === 0;
  inputOf().setAttribute("aria-expanded", String(parts.length > 0));
  mark(Math.max(0, before ? now.shown.findIndex((entry) => entry.label === before) : 0));
  say(now.shown.length);
};

const choose = (index, isApart = false) => {
  const entry = now.shown[index];
  if (!entry) return;
  dialogOf().close();
  entry.run(isApart);
};

// ---- keys and pointer ----

const onInput = () => {
  clearTimeout(timer);
  const typed = inputOf().value.trim();
  if (typed !== now.asked) now.found = {};
  show();
  if (now.kind) return;
  if (typed.length > 1) timer = setTimeout(() => look(typed), PAUSE_MS);
  else asking?.abort();
};

const onKey = (event) => {
  if (event.isComposing) return;
  const isControl = event.ctrlKey || event.metaKey;
  if (isControl && event.key.toLowerCase() === "k") dialogOf().close();
  else if (event.key === "ArrowDown") mark(now.at + 1);
  else if (event.key === "ArrowUp") mark(now.at - 1);
  else if (event.key === "Enter") choose(now.at, isControl);
  else if (now.kind && !isControl && /^[1-9]$/.test(event.key) && !inputOf().value) choose(Number(event.key) - 1);
  else return;
  event.preventDefault();
  event.stopPropagation();
};

const onClick = (event) => {
  const option = event.target.closest?.('[role="option"]');
  if (option) choose([...listOf().querySelectorAll('[role="option"]')].indexOf(option), event.ctrlKey || event.metaKey);
  else if (event.target === dialogOf()) dialogOf().close(); // beside it
};

const prepare = (label) => {
  if (!dialogOf()) {
    document.body.append(document.getElementById("palette-template").content.cloneNode(true));
    dialogOf().addEventListener("input", onInput);
    dialogOf().addEventListener("keydown", onKey);
    dialogOf().addEventListener("click", onClick);
    dialogOf().addEventListener("pointerdown", (event) => { if (event.target.closest('[role="option"]')) event.preventDefault(); });
    dialogOf().addEventListener("close", () => { clearTimeout(timer); asking?.abort(); });
    now.label = dialogOf().getAttribute("aria-label");
  }
  for (const el of [dialogOf(), inputOf()]) el.setAttribute("aria-label", label ?? now.label);
  Object.assign(now, { found: {}, asked: "" });
  inputOf().value = "";
};

export const open = () => {
  if (dialogOf()?.open) return;
  prepare();
  Object.assign(now, { kind: "", own: actionsOfPage() });
  if (!now.isRemembered) now.server = { pages: pagesOfPage(), ...kept() };
  dialogOf().showModal();
  show();
  if (!now.isRemembered) {
    now.isRemembered = true;
    remember();
  }
};

// What was typed while this file was on its way.
export const type = (text) => {
  if (!text) return;
  if (now.kind && /^[1-9]$/.test(text)) {
    choose(Number(text) - 1);
    return;
  }
  inputOf().value = text;
  onInput();
};

export const pick = (kind, elements) => {
  if (dialogOf()?.open) return;
  prepare(document.getElementById("palette-template").content.firstElementChild.dataset[kind]);
  Object.assign(now, { kind, own: elements.map((el) => entryOf(el)) });
  dialogOf().showModal();
  show();
};

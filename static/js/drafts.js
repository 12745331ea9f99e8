// Drafts, for data-module="drafts" on the <details> around a form[data-draft-url]: what is typed is saved on the server
// a moment after each pause, with Ctrl+S or Enter in a line of the form, and when the page is left. A text that was changed
// in another window meanwhile is never written over by itself: the person chooses.
import { filesOf, settled } from "./filepicker.js";
import { all } from "./page.js";

const PAUSE_MS = 1_000;
const AT_LATEST_MS = 5_000; // for those who type on without a pause
const OUTLIVES = 24_000; // what a page may leave on its way when it goes is 64 KB for all its requests together
const RETRY_MS = 10_000;
const DEVICE_MS = 400;
const MOST_UNANSWERED = 6;
const states = new WeakMap();
let listening = false;
let device = null; // device.js, read as soon as there is something to keep or to offer

const formOf = (el) => el?.closest?.("form[data-draft-url]");
const textOf = (form) => form.querySelector("[data-composer-text]");
const joined = (body, cc) => `${body}\u0000${cc ?? ""}`;
const typedIn = (form) => ({ body: textOf(form).value, cc: form.elements.cc?.value ?? "" });
const valuesOf = (form) => joined(textOf(form).value, form.elements.cc?.value);

const stateOf = (form) => {
  if (!states.has(form)) {
    // What the server gave: typing may have begun before this module was there. A form that came back was not saved.
    const given = joined(textOf(form).defaultValue, form.elements.cc?.defaultValue);
    const saved = "draftBehind" in form.dataset ? null : given;
    const sending = { timer: 0, device: 0, since: 0, sent: 0, saving: null, unanswered: [] };
    states.set(form, { saved, ...sending, isTorn: false, isOver: false, isRenewed: null });
  }
  return states.get(form);
};

const isBehind = (form) => !stateOf(form).isOver && valuesOf(form) !== stateOf(form).saved;
const isUnsaved = (form) => isBehind(form) && !stateOf(form).isTorn;

const onDevice = async (act) => {
  if (!device) {
    const found = await import("./device.js").catch(() => null);
    if (found && !device) found.listen();
    device = found;
  }
  if (device) act();
};

const keepHere = (form) => {
  clearTimeout(stateOf(form).device);
  if (isBehind(form)) onDevice(() => { if (isBehind(form)) device.keep(form, typedIn(form)); });
};

const hasKept = () => {
  try {
    return localStorage.length > 0;
  } catch {
    return false; // the browser gives no access
  }
};

const tell = (form, words) => { form.querySelector("[data-composer-state]").textContent = words; };
const keeper = (form) => form.querySelector("[data-draft-keep]");

const show = (form, isKept) => {
  form.querySelector("[data-draft-discard]").hidden = !isKept;
  const badge = form.closest("details")?.querySelector("[data-draft-badge]");
  if (badge) badge.hidden = !isKept;
};

const tear = (form, version) => {
  const state = stateOf(form);
  state.isTorn = true;
  form.dataset.draftTrouble = "";
  const words = form.querySelector("[data-draft-conflict]");
  words.dataset.version = version;
  words.hidden = false;
};

// What was sent without an answer so far goes along: one of these texts may be the draft by now, and may be written over.
const bodyOf = (form) => {
  const body = new URLSearchParams(typedIn(form));
  for (const name of ["csrfmiddlewaretoken", "draft_version"]) body.set(name, form.elements[name].value);
  for (const before of stateOf(form).unanswered) {
    body.append("sent_body", before.body);
    body.append("sent_cc", before.cc);
  }
  return body.toString();
};

const isLight = (body) => body.length < OUTLIVES;

// Whether a page that is left takes along what is typed.
export const fits = (form) => isLight(bodyOf(form));

const request = (form) => {
  const state = stateOf(form);
  const [body, typed] = [bodyOf(form), typedIn(form)];
  state.unanswered = [...state.unanswered.filter((before) => before.body !== typed.body || before.cc !== typed.cc), typed];
  // Of many the middle goes: the first may have arrived before the connection was lost, the last when it was back.
  if (state.unanswered.length > MOST_UNANSWERED) state.unanswered.splice(MOST_UNANSWERED / 2, 1);
  const headers = { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8" };
  return fetch(form.dataset.draftUrl, { method: "POST", body, keepalive: isLight(body), headers });
};

const later = (form, ms) => {
  const state = stateOf(form);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => save(form), ms);
};

const soon = (form) => {
  const state = stateOf(form);
  clearTimeout(state.device);
  state.device = setTimeout(() => keepHere(form), DEVICE_MS);
  state.since ||= performance.now();
  later(form, Math.max(0, Math.min(PAUSE_MS, state.since + AT_LATEST_MS - performance.now())));
};

// Nobody is signed in, or in another session: the text waits on the page, and is saved when that is put right.
const tellOver = async (form, isOver) => {
  form.dataset.draftTrouble = "";
  tell(form, keeper(form).dataset.draftUnsaved);
  const session = await import("./session.js");
  const state = stateOf(form);
  if (isOver) session.remind();
  else if (state.isRenewed) later(form, RETRY_MS);
  else state.isRenewed = session.renew(); // once; what comes of it is told to all
};

const answered = async (form, response, values) => {
  const state = stateOf(form);
  if (response.redirected || response.headers.has("Form-Out-Of-Date")) {
    tellOver(form, response.redirected);
    return;
  }
  if (!response.headers.get("Content-Type")?.includes("json")) throw new TypeError("no answer");
  const told = await response.json();
  state.unanswered = [];
  if (response.status === 409 && told.code === "stale_version") {
    tear(form, told.current_version);
    return;
  }
  if (!response.ok) {
    form.dataset.draftTrouble = "";
    state.saved = values; // asking again would be refused again; more typing asks anew
    tell(form, keeper(form).dataset.draftRefused);
    return;
  }
  delete form.dataset.draftTrouble;
  state.isRenewed = null;
  form.elements.draft_version.value = told.version;
  state.saved = values;
  if (valuesOf(form) === values) {
    // Nothing is to be lost any more: leaving the page asks nothing, and the form may be renewed.
    // What is so already is not set again: in a field that nobody has typed into that would move the caret.
    for (const field of [textOf(form), form.elements.cc]) {
      if (field && field.defaultValue !== field.value) field.defaultValue = field.value;
    }
    clearTimeout(state.device);
    device?.forget(form);
  }
  tell(form, told.said);
  show(form, told.version > 0);
};

const send = (form) => {
  const state = stateOf(form);
  const values = valuesOf(form);
  const number = (state.sent += 1);
  const isNewest = () => number === state.sent; // what is answered to one before it has no meaning any more
  const saving = request(form)
    .then((response) => isNewest() && answered(form, response, values))
    .catch(() => {
      if (!isNewest()) return;
      form.dataset.draftTrouble = "";
      keepHere(form);
      tell(form, keeper(form).dataset.draftUnsaved);
      later(form, RETRY_MS);
    })
    .finally(() => { if (isNewest()) state.saving = null; });
  state.saving = saving;
  return saving;
};

const save = (form) => {
  const state = stateOf(form);
  clearTimeout(state.timer);
  state.since = 0;
  // One after the other: each names the version that the one before has made.
  if (state.saving) return state.saving.then(() => (isUnsaved(form) ? save(form) : undefined));
  return isUnsaved(form) ? send(form) : Promise.resolve();
};

// There is no later: what is on its way goes on without the page, and what was typed since goes beside it.
const saveLeaving = (form) => {
  const state = stateOf(form);
  const last = state.unanswered.at(-1);
  if (!state.saving) save(form);
  else if (isUnsaved(form) && valuesOf(form) !== joined(last?.body, last?.cc)) send(form);
  if (device) keepHere(form); // a page that goes reads nothing any more, and what it begins to read stops the rest
};

const forms = () => [...document.querySelectorAll("form[data-draft-url]")];

const isSending = ({ target, submitter }) => target.matches?.("form[data-draft-url]") && !submitter?.hasAttribute("hx-post");

// A save on its way must not arrive after the text was sent, or it would stand there as a draft again.
const wait = (event) => {
  const saving = isSending(event) && stateOf(event.target).saving;
  if (!saving) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  saving.then(() => event.target.requestSubmit(event.submitter));
};

// The last to hear of it: nobody has refused, so the text leaves with the page.
const end = (event) => {
  if (!isSending(event) || event.defaultPrevented) return;
  const state = stateOf(event.target);
  clearTimeout(state.timer);
  clearTimeout(state.device);
  state.isOver = true;
  device?.forget(event.target);
};

const win = (form) => {
  const words = form.querySelector("[data-draft-conflict]");
  form.elements.draft_version.value = words.dataset.version;
  words.hidden = true;
  stateOf(form).isTorn = false;
  textOf(form).focus();
  save(form);
};

const onClick = (event) => {
  const button = event.target.closest?.("[data-draft-win], [data-draft-enter]");
  const form = formOf(button);
  if (!form) return;
  if (button.matches("[data-draft-win]")) {
    win(form);
    return;
  }
  event.preventDefault(); // Enter in a line of the form, for which the browser clicks its first button
  save(form);
};

// Another tab of the ticket takes the place of this one: what is typed and chosen goes to the server first. A file that
// can only go with its message would be lost; the browser asks about it, as when the page is left.
const onTab = async (event) => {
  const { elt, issueRequest } = event.detail;
  if (!elt.matches("[data-tab-link]") || !forms().some((form) => isBehind(form) || filesOf(form))) return;
  event.preventDefault();
  elt.setAttribute("aria-busy", "true");
  await Promise.all(forms().flatMap((form) => [save(form), settled(form)]));
  elt.removeAttribute("aria-busy");
  if (forms().some(filesOf)) window.location.assign(elt.href);
  else issueRequest(true);
};

const wakeUp = () => forms().forEach((form) => { stateOf(form).isOver = false; });

export const init = (root) => {
  all(root, "form[data-draft-url]").forEach((form) => {
    keeper(form).hidden = true;
    if (hasKept()) onDevice(() => device.offer(form, typedIn(form)));
    if (isUnsaved(form)) later(form, PAUSE_MS);
  });
  if (listening) return;
  listening = true;
  document.addEventListener("input", (event) => {
    const form = formOf(event.target);
    if (form) soon(form);
  });
  document.addEventListener("keydown", (event) => {
    const form = formOf(event.target);
    if (!form || event.key?.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return;
    if (event.altKey || event.shiftKey) return;
    event.preventDefault();
    save(form);
  });
  document.addEventListener("submit", wait, true);
  window.addEventListener("submit", end);
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (formOf(event.detail.elt)) wakeUp(); // what else the page fetches says nothing about a text on its way
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) wakeUp(); });
  document.addEventListener("htmx:confirm", onTab);
  document.addEventListener("session:renewed", () => forms().forEach((form) => save(form)));
  window.addEventListener("online", () => forms().forEach((form) => save(form)));
  // The last moment at which a phone surely runs us; what is under way then is finished without the page.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") forms().forEach(saveLeaving);
  });
  window.addEventListener("pagehide", () => forms().forEach(saveLeaving));
};

// Drafts, for data-module="drafts" on the <details> around a form[data-draft-url]: what is typed is saved on the server
// a moment after each pause, with Ctrl+S, and when the page is left. A text that was changed in another window meanwhile
// is never written over by itself: the person chooses.
import { all } from "./page.js";

const PAUSE_MS = 1_000;
const RETRY_MS = 10_000;
const states = new WeakMap();
let listening = false;

const formOf = (el) => el?.closest?.("form[data-draft-url]");
const textOf = (form) => form.querySelector("[data-composer-text]");
const joined = (body, cc) => `${body}\u0000${cc ?? ""}`;
const valuesOf = (form) => joined(textOf(form).value, form.elements.cc?.value);

const stateOf = (form) => {
  if (!states.has(form)) {
    // What the server gave: typing may have begun before this module was there. A form that came back was not saved.
    const given = joined(textOf(form).defaultValue, form.elements.cc?.defaultValue);
    const saved = "draftBehind" in form.dataset ? null : given;
    states.set(form, { saved, timer: 0, saving: null, isTorn: false, isOver: false });
  }
  return states.get(form);
};

const isUnsaved = (form) => {
  const state = stateOf(form);
  return !state.isTorn && !state.isOver && valuesOf(form) !== state.saved;
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

const request = (form, keepalive) => {
  const body = new URLSearchParams();
  for (const name of ["csrfmiddlewaretoken", "body", "cc", "draft_version"]) {
    if (form.elements[name]) body.set(name, form.elements[name].value);
  }
  return fetch(form.dataset.draftUrl, { method: "POST", body, keepalive, headers: { Accept: "application/json" } });
};

const later = (form, ms) => {
  const state = stateOf(form);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => save(form), ms);
};

const answered = async (form, response, values) => {
  const state = stateOf(form);
  if (response.redirected || !response.headers.get("Content-Type")?.includes("json")) throw new TypeError("no answer");
  const told = await response.json();
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
  form.elements.draft_version.value = told.version;
  state.saved = values;
  const text = textOf(form);
  if (valuesOf(form) === values) {
    text.defaultValue = text.value; // nothing to be lost any more, so leaving the page asks nothing
  }
  tell(form, told.said);
  show(form, told.version > 0);
};

const save = (form, { keepalive = false } = {}) => {
  const state = stateOf(form);
  clearTimeout(state.timer);
  // One after the other: each names the version that the one before has made.
  if (state.saving) return state.saving.then(() => (isUnsaved(form) ? save(form) : undefined));
  if (!isUnsaved(form)) return Promise.resolve();
  const values = valuesOf(form);
  state.saving = request(form, keepalive)
    .then((response) => answered(form, response, values))
    .catch(() => {
      form.dataset.draftTrouble = "";
      tell(form, keeper(form).dataset.draftUnsaved);
      later(form, RETRY_MS);
    })
    .finally(() => { state.saving = null; });
  return state.saving;
};

const forms = () => [...document.querySelectorAll("form[data-draft-url]")];

const onSubmit = (event) => {
  const form = event.target;
  if (!form.matches?.("form[data-draft-url]") || event.submitter?.hasAttribute("hx-post")) return;
  const state = stateOf(form);
  clearTimeout(state.timer);
  if (!state.saving) {
    state.isOver = true;
    return;
  }
  // A save on its way must not arrive after the text was sent, or it would stand there as a draft again.
  event.preventDefault();
  event.stopImmediatePropagation();
  state.saving.then(() => form.requestSubmit(event.submitter));
};

const onClick = (event) => {
  const winner = event.target.closest?.("[data-draft-win]");
  const form = formOf(winner);
  if (!form) return;
  const words = form.querySelector("[data-draft-conflict]");
  form.elements.draft_version.value = words.dataset.version;
  words.hidden = true;
  stateOf(form).isTorn = false;
  textOf(form).focus();
  save(form);
};

const wakeUp = () => forms().forEach((form) => { stateOf(form).isOver = false; });

export const init = (root) => {
  all(root, "form[data-draft-url]").forEach((form) => {
    keeper(form).hidden = true;
    if (isUnsaved(form)) later(form, PAUSE_MS);
  });
  if (listening) return;
  listening = true;
  document.addEventListener("input", (event) => {
    const form = formOf(event.target);
    if (form) later(form, PAUSE_MS);
  });
  document.addEventListener("keydown", (event) => {
    const form = formOf(event.target);
    if (!form || event.key !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    save(form);
  });
  document.addEventListener("submit", onSubmit, true);
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:afterRequest", wakeUp);
  window.addEventListener("pageshow", (event) => { if (event.persisted) wakeUp(); });
  window.addEventListener("online", () => forms().forEach((form) => save(form)));
  // The last moment at which a phone surely runs us; what is under way then is finished without the page.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") forms().forEach((form) => save(form, { keepalive: true }));
  });
  window.addEventListener("pagehide", () => forms().forEach((form) => save(form, { keepalive: true })));
};

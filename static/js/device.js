// What is typed and not on the server yet stays on this device too, for one person, ticket and kind of text: without a
// connection the page may be swept away before it is saved. drafts.js keeps it and lets it go; what a page finds of an
// earlier one it offers, and the person decides. Signing out clears it (app.js).

const known = new WeakSet(); // forms whose text was kept, or that were looked at for an offer
let isCleared = false;

const keyOf = (form) => `draft ${document.body.dataset.person} ${form.dataset.draftUrl}`;
const boxOf = (form) => form.querySelector("[data-device]");
const isOffering = (form) => boxOf(form)?.hidden === false;

// A browser may refuse its storage, or have no place left.
const attempt = (act) => {
  try {
    return act();
  } catch {
    return null;
  }
};

export const forget = (form) => {
  if (!isOffering(form)) attempt(() => localStorage.removeItem(keyOf(form)));
};

// What is offered is not written over before it is decided about.
export const keep = (form, typed) => {
  if (isCleared || isOffering(form)) return;
  known.add(form);
  if (typed.body.trim()) attempt(() => localStorage.setItem(keyOf(form), JSON.stringify(typed)));
  else forget(form);
};

const found = (form) => attempt(() => JSON.parse(localStorage.getItem(keyOf(form))));

// Once for each form, and not what the server has given.
export const offer = (form, given) => {
  const box = boxOf(form);
  if (!box || known.has(form)) return;
  known.add(form);
  const kept = found(form);
  if (!kept?.body) return;
  if (kept.body === given.body && (kept.cc ?? "") === given.cc) {
    forget(form);
    return;
  }
  const lines = kept.body.split("\n").flatMap((line) => [line, document.createElement("br")]);
  box.querySelector("[data-device-text]").replaceChildren(...lines);
  box.hidden = false;
  const badge = form.closest("details")?.querySelector("[data-draft-badge]");
  if (badge) badge.hidden = false;
};

const take = async (form) => {
  const [kept, text] = [found(form), form.querySelector("[data-composer-text]")];
  boxOf(form).hidden = true;
  if (!kept) return;
  if (form.elements.cc && kept.cc) form.elements.cc.value = kept.cc;
  const { replace } = await import("./writing.js");
  replace(text, 0, text.value.length, kept.body); // like typing, so it is saved, and may be undone
};

const drop = (form) => {
  boxOf(form).hidden = true;
  forget(form);
  form.querySelector("[data-composer-text]").focus();
};

export const listen = () => {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-device-take], [data-device-drop]");
    if (button) (button.matches("[data-device-take]") ? take : drop)(button.closest("form"));
  });
  // Saved or let go in another tab of this browser; or signed out, then nothing is kept before the next session.
  window.addEventListener("storage", ({ key, newValue }) => {
    isCleared ||= key === null;
    for (const box of document.querySelectorAll("[data-device]:not([hidden])")) {
      if (key === null || (key === keyOf(box.closest("form")) && newValue === null)) box.hidden = true;
    }
  });
  document.addEventListener("session:ended", () => { isCleared = true; });
  document.addEventListener("session:renewed", () => { isCleared = false; });
};

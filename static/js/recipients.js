// The exact recipients on the button of a reply, begun by ticket.js for the <details> around a form with [data-recipients]:
// how many get a copy as Cc changes, and all of them by address in the title. The words stand in data attributes of the button.
const addressesIn = (text) => text.split(/[,;\n]/).map((address) => address.trim()).filter(Boolean);

const wordsFor = ({ dataset }, count) =>
  ({ 0: dataset.toNone, 1: dataset.toOne })[count] ?? dataset.toMany.replace("{n}", count);

const show = (form) => {
  const copies = addressesIn(form.elements.cc?.value ?? "");
  const button = form.querySelector("[data-recipients]");
  const to = button.dataset.recipients;
  const words = button.querySelector("[data-recipients-words]");
  const said = wordsFor(button, copies.length);
  if (words.textContent !== said) words.textContent = said;
  const every = [to, ...(copies.length ? [`${button.dataset.copies} ${copies.join(", ")}`] : [])].join(" · ");
  form.querySelectorAll("[data-recipients], button[name=then]").forEach((el) => { el.title = every; });
};

let isListening = false;

export const init = (details) => {
  const form = details.querySelector("form:has([data-recipients])");
  if (!form) return;
  show(form);
  if (isListening) return;
  isListening = true;
  document.addEventListener("input", ({ target: { form: written } }) => {
    if (written?.querySelector("[data-recipients]")) show(written); // also when a kept draft has filled it
  });
};

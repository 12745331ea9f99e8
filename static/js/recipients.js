// The exact recipients on the buttons of a reply, begun by ticket.js for the <details> around a form with [data-recipients]:
// how many get a copy as Cc changes, and all of them by address in the title. The words stand in data attributes of the buttons.

// Each once however it is spelt, and the recipient not again: as the server counts them.
const copiesIn = (text, recipient) => {
  const spelt = new Map();
  for (const address of text.split(/[,;\n]/).map((part) => part.trim()).filter(Boolean)) {
    if (!spelt.has(address.toLowerCase())) spelt.set(address.toLowerCase(), address);
  }
  spelt.delete(recipient.trim().toLowerCase());
  return [...spelt.values()];
};

const wordsFor = ({ dataset }, count) =>
  ({ 0: dataset.toNone, 1: dataset.toOne })[count] ?? dataset.toMany.replace("{n}", count);

const show = (form) => {
  const { recipients: to, copies: copyWords } = form.querySelector("[data-recipients]").dataset;
  const copies = copiesIn(form.elements.cc?.value ?? "", to);
  const every = [to, ...(copies.length ? [`${copyWords} ${copies.join(", ")}`] : [])].join(" · ");
  for (const button of form.querySelectorAll("[data-to-none]")) {
    const words = button.querySelector("[data-recipients-words]");
    const said = wordsFor(button, copies.length);
    if (words.textContent !== said) words.textContent = said;
    button.title = every;
  }
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

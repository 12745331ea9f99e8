// What all modules share: reading the page, and saying something in the two regions of the page that speak, in the words
// of the page's own templates; also the answer to failed htmx requests.

// Elements below root that match, root itself included.
export const all = (root, selector) => [
  ...(root.matches?.(selector) ? [root] : []),
  ...root.querySelectorAll(selector),
];

export const isTyping = (el) =>
  el instanceof HTMLElement &&
  (el.isContentEditable ||
    el.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])"));

export const isVisible = (el) => el.checkVisibility?.() ?? el.getClientRects().length > 0;

const REMOVE_AFTER_MS = 10_000;

const put = (regionId, message) => {
  const region = document.getElementById(regionId);
  if (!region) return;
  region.replaceChildren(message);
  const expire = () => {
    // Not while somebody reads or uses it.
    if (message.matches(":hover, :focus-within")) setTimeout(expire, 2_000);
    else message.remove();
  };
  setTimeout(expire, REMOVE_AFTER_MS);
};

const fromTemplate = (id) => document.getElementById(id)?.content.firstElementChild?.cloneNode(true);

// Says a text politely; the text comes from a data attribute, so it is translated.
export const say = (text) => {
  const message = fromTemplate("message-status");
  if (!message || !text) return;
  message.querySelector("[data-message-text]").textContent = text;
  put("status-region", message);
};

export const alarm = (templateId) => {
  const message = fromTemplate(templateId);
  if (message) put("alert-region", message);
};

let listening = false;

export const listen = () => {
  if (listening) return;
  listening = true;
  document.addEventListener("htmx:responseError", (event) => {
    alarm(event.detail.xhr.status === 401 ? "message-session-over" : "message-server-fault");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => alarm("message-no-connection"));
  }
  // The server says something by the header HX-Trigger: {"say": {"text": "..."}}.
  document.addEventListener("say", (event) => say(event.detail?.text));
};

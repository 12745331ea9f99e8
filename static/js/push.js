// Push messages, for data-module="push": a button asks the browser, never the page by itself, and what it allows is sent
// as a form, whose fields it fills. data-push-key is the desk's public key (VAPID), as push services know it.
const part = (root, name) => root.querySelector(`[data-push-${name}]`);

const bytes = (text) => {
  const base = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(base.padEnd(Math.ceil(base.length / 4) * 4, "=")), (letter) => letter.charCodeAt(0));
};

const isSame = (key, buffer) => {
  const theirs = new Uint8Array(buffer ?? new ArrayBuffer(0));
  return theirs.length === key.length && key.every((value, at) => value === theirs[at]);
};

// One of another key is of no use: the desk cannot send to it.
const subscriptionFor = async (key) => {
  const registration = await navigator.serviceWorker.ready;
  const old = await registration.pushManager.getSubscription();
  if (old && isSame(key, old.options.applicationServerKey)) return old;
  await old?.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
};

const allow = async (card, form) => {
  if ((await Notification.requestPermission()) !== "granted") {
    part(card, "refused").hidden = false;
    return;
  }
  try {
    const { endpoint, keys } = (await subscriptionFor(bytes(card.dataset.pushKey))).toJSON();
    for (const [name, value] of Object.entries({ endpoint, ...keys })) if (form.elements[name]) form.elements[name].value = value;
    form.submit();
  } catch {
    part(card, "failed").hidden = false;
  }
};

const start = async (card) => {
  const form = part(card, "form");
  card.dataset.pushStarted = "";
  if (Notification.permission === "denied") part(card, "refused").hidden = false;
  else form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    allow(card, form);
  });
};

export const init = (root) => {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return;
  for (const card of root.querySelectorAll("[data-push-key]:not([data-push-started])")) start(card);
};

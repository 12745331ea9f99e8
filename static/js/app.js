// Entry. Imports a file when a name of it stands in a [data-module] and calls its init with the part of the page that
// is new: the body first, then each fragment htmx brings. Paths are literal, so that the static storage hashes them.
// The root element carries data-started once keys and fields are listened to.
import { init as startControls } from "./controls.js";
import { alarm, all, listen } from "./page.js";

const ticket = () => import("./ticket.js");
const times = () => import("./times.js");
const AFTERWARDS_MS = 1500;

// The page itself comes first; what others do on it may come a moment later, when all of it is there.
const afterwards = (load) => async () => {
  if (document.readyState !== "complete") await new Promise((go) => { window.addEventListener("load", go, { once: true }); });
  await new Promise((go) => { setTimeout(go, AFTERWARDS_MS); });
  return load();
};

const modules = {
  beside: () => import("./beside.js"),
  board: () => import("./board.js"),
  clocks: times,
  composer: ticket,
  countdown: times,
  drafts: () => import("./drafts.js"),
  filepicker: () => import("./filepicker.js"),
  helping: () => import("./helping.js"),
  keys: () => import("./keys.js"),
  live: afterwards(() => import("./live.js")),
  livelist: afterwards(() => import("./livelist.js")),
  liveticket: afterwards(() => import("./liveticket.js")),
  timeline: ticket,
  offline: () => import("./offline.js"),
  push: () => import("./push.js"),
  rows: () => import("./rows.js"),
  times,
};

const LATE = new Set([modules.live, modules.livelist, modules.liveticket]);

const loadersFor = (root) => {
  const names = all(root, "[data-module]").flatMap((el) => el.dataset.module.split(/\s+/));
  // What the body asks for also looks through each new fragment.
  names.push(...(document.body.dataset.module ?? "").split(/\s+/));
  return new Set(names.map((name) => modules[name]).filter(Boolean));
};

const start = async (root) => {
  startControls(root);
  const [now, later] = [[], []];
  for (const load of loadersFor(root)) (LATE.has(load) ? later : now).push(load);
  const run = (loads) => Promise.all(loads.map(async (load) => (await load()).init(root)));
  await Promise.all([run(now).then(() => { document.documentElement.dataset.started = ""; }), run(later)]);
};

// Read when there is no connection, or a copy is shown that was kept for then; the service worker has it at hand.
const withoutConnection = () => import("./offline.js").then((module) => module.init(document), () => {});

const stayReadable = () => {
  const { worker } = document.body.dataset;
  if (worker && "serviceWorker" in navigator) navigator.serviceWorker.register(worker).catch(() => {});
  if (!navigator.onLine || document.documentElement.dataset.keptAt) withoutConnection();
  window.addEventListener("offline", withoutConnection);
};

// ---- a session that is over while somebody is at work (session.js) ----

const session = () => import("./session.js");
const checking = new WeakSet();
const cleared = new WeakSet();
const again = new WeakSet();

const WORDS = "textarea, input:not([type]), input[type=text], input[type=email], input[type=search]";

const hasWords = (form) => [...form.querySelectorAll(WORDS)].some((field) => field.value !== field.defaultValue && field.value.trim());

// ---- words that would be lost with the page; those of a composer are ticket.js's ----

const typedInto = new WeakSet();
let leaving = null; // the form that the page is left for

const isUnsent = (form) => typedInto.has(form) && form.method === "post" && !form.matches("[data-composer]") && hasWords(form);

const onLeaving = (event) => {
  const form = leaving;
  leaving = null; // whoever is asked may stay
  if (form?.matches("[data-composer]")) return;
  if ([...document.forms].some((other) => other !== form && isUnsent(other))) event.preventDefault();
};

const onInput = ({ target: { form } }) => {
  if (!form || !document.body.dataset.session) return;
  typedInto.add(form);
  window.addEventListener("beforeunload", onLeaving); // not before there is something to ask about
};

const watchWords = () => {
  document.addEventListener("input", onInput);
  window.addEventListener("submit", ({ defaultPrevented, target }) => {
    if (defaultPrevented) return;
    leaving = target;
    if (!target.getAttribute("action")?.endsWith("/logout/")) return;
    localStorage.clear(); // what device.js keeps is not for the next one at this machine
    navigator.serviceWorker?.controller?.postMessage("signed-out"); // nor are push messages
    document.dispatchEvent(new CustomEvent("session:ended"));
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (!event.defaultPrevented && event.detail.xhr.status < 400) typedInto.delete(event.detail.elt.closest("form"));
  });
};

// Words are worth a look before the page is left for them: whether anybody is signed in to take them.
const onSubmit = async (event) => {
  const { target: form, submitter } = event;
  const isPlain = form.method === "post" && !form.hasAttribute("hx-post") && !submitter?.hasAttribute("hx-post");
  if (!isPlain || !document.body.dataset.session || !navigator.onLine || !form.elements.csrfmiddlewaretoken) return;
  if (cleared.has(form) || !(form.matches("[data-composer]") || hasWords(form))) return;
  if (form.closest("#sign-in-again")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (checking.has(form)) return;
  checking.add(form);
  const isReady = await (await session()).isReady(form).finally(() => checking.delete(form));
  if (!isReady) return;
  cleared.add(form); // submitted within this call, or not at all
  form.requestSubmit(submitter);
  cleared.delete(form);
};

// An act that found nobody signed in, or a token of a session before, is done again when that is put right; once.
const onAnswer = (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  const isOver = xhr.getResponseHeader("HX-Redirect")?.startsWith("/login/");
  if (!document.body.dataset.session || !(isOver || xhr.getResponseHeader("Form-Out-Of-Date"))) return;
  event.preventDefault();
  if (again.delete(elt)) {
    alarm("message-server-fault");
    return;
  }
  session().then(({ renew }) => renew()).then((isRenewed) => {
    if (!isRenewed || !elt.isConnected) return;
    again.add(elt);
    if ("goesOn" in elt.dataset) return; // by itself, with more than this one act
    const cause = requestConfig.triggeringEvent;
    if (elt.matches("form")) elt.requestSubmit(cause?.submitter);
    else if (!cause || cause.type === "click") elt.click();
    else elt.dispatchEvent(new Event(cause.type, { bubbles: true, cancelable: true }));
  });
};

// Back on a page that the browser has kept whole: it may show what only the one who was signed in then may see.
const onShow = (event) => {
  if (event.persisted && document.body.dataset.session) session().then(({ stay }) => stay());
};

const watchSession = () => {
  window.addEventListener("pageshow", onShow);
  document.addEventListener("session:over", () => session().then(({ remind }) => remind()));
  document.addEventListener("htmx:beforeOnLoad", onAnswer);
  document.addEventListener("htmx:afterRequest", (event) => again.delete(event.detail.elt));
  window.addEventListener("submit", onSubmit, true);
};

// An act from a ticket's head has shown its own new state; what else it has changed comes as the acts of others do.
document.addEventListener("acted", () => import("./liveticket.js").then(({ renewOwn }) => renewOwn()));
listen();
watchSession();
watchWords();
stayReadable();
start(document.body);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) start(event.detail.elt);
});

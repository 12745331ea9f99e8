// The session is over, or another one has begun in another tab, while somebody is at work on the page: what they do waits,
// they sign in over the page, its forms get a new token, and what they did goes on. app.js reads it when a form with
// words in it is sent, and when an answer says that nobody is signed in.
import { alarm, fromTemplate } from "./page.js";

const QUIET = { "HX-Request": "true", "Live-Update": "1" }; // answered by 401, not by a page
const PARTIAL = { "HX-Request": "true" };

const address = () => document.body.dataset.session;
const tokens = () => document.querySelectorAll('[name="csrfmiddlewaretoken"]');

const fail = (template) => {
  alarm(template);
  return false;
};

const notice = () => document.querySelector("[data-session-over]");

// Told where nobody has asked for anything: the way back stands at the top of the page until it is gone.
export const remind = () => {
  const main = document.getElementById("main");
  if (!main || notice()) return;
  alarm("message-session-over");
  main.prepend(fromTemplate("session-banner"));
  notice().querySelector("[data-sign-in]").addEventListener("click", signIn);
};

// The same person goes on here; anybody else must not send what this one has typed.
const take = ({ person, csrf_token: token }) => {
  if (person !== document.body.dataset.person) return fail("message-somebody-else");
  tokens().forEach((field) => { field.value = token; });
  notice()?.remove();
  document.dispatchEvent(new CustomEvent("session:renewed"));
  return true;
};

const isJson = (answer) => answer.headers.get("Content-Type")?.includes("json") ?? false;

// Another session of the same person: its token, or the form to sign in.
export const renew = async () => {
  const answer = await fetch(address(), { headers: QUIET }).catch(() => null);
  if (answer?.status === 401) return signIn();
  if (!answer?.ok || !isJson(answer)) return fail(answer ? "message-server-fault" : "message-no-connection");
  return take(await answer.json());
};

// Whether a form with this token may be sent now.
export const isReady = async (form) => {
  const body = new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
  const answer = await fetch(address(), { method: "POST", body, headers: QUIET }).catch(() => null);
  if (answer?.status === 401) return signIn();
  if (answer?.headers.has("Form-Out-Of-Date")) return renew();
  if (!answer) return fail("message-no-connection");
  if (answer.status >= 500) return fail("message-server-fault");
  return !answer.ok || !isJson(answer) || (await answer.json()).person === document.body.dataset.person || fail("message-somebody-else");
};

// A page that was left stays for the one it was made for alone. Others come to it by way of the sign-in page, which
// leads on whoever is signed in.
export const stay = async () => {
  const answer = await fetch(address(), { headers: QUIET }).catch(() => null);
  const isOver = answer?.status === 401;
  if (isOver || (answer?.ok && isJson(answer) && (await answer.json()).person !== document.body.dataset.person)) {
    const here = window.location.pathname + window.location.search;
    window.location.replace(`/login/?next=${encodeURIComponent(here)}`);
  }
};

// ---- signing in over the page ----

const read = async (answer) => {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const dialog = page.getElementById("sign-in-again");
  return { dialog, card: page.querySelector(".card__body") };
};

const send = async (dialog, form) => {
  const button = form.querySelector(".button--primary");
  button.setAttribute("aria-busy", "true");
  const sent = { method: "POST", body: new URLSearchParams(new FormData(form)), headers: PARTIAL };
  const answer = await fetch(form.getAttribute("action"), sent).catch(() => null);
  button.removeAttribute("aria-busy");
  if (!answer) {
    fail("message-no-connection");
    return;
  }
  if (answer.ok && isJson(answer)) {
    dialog.told = await answer.json();
    dialog.close();
    return;
  }
  // Refused, with what is wrong; or too many have failed.
  const { dialog: again, card } = await read(answer);
  const body = dialog.querySelector(".dialog__body");
  const fresh = again?.querySelector(".dialog__body") ?? card;
  if (!fresh) return;
  body.replaceChildren(...document.importNode(fresh, true).childNodes);
  (body.querySelector("[aria-invalid], [name=password], [name=code]") ?? body).focus();
};

const open = async () => {
  const answer = await fetch("/login/", { headers: PARTIAL }).catch(() => null);
  if (!answer) return fail("message-no-connection");
  if (answer.redirected) return renew(); // signed in elsewhere in this moment
  const { dialog: found } = await read(answer);
  if (!found) return fail("message-session-over");
  const dialog = document.importNode(found, true);
  document.body.append(dialog);
  dialog.querySelector("[name=username]").value = document.body.dataset.person;
  const closed = new Promise((go) => { dialog.addEventListener("close", go, { once: true }); });
  dialog.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-sign-in-again]")) return;
    event.preventDefault();
    send(dialog, event.target);
  });
  dialog.showModal();
  dialog.querySelector("[name=password]").focus();
  await closed;
  dialog.remove();
  if (dialog.told) return take(dialog.told);
  remind();
  return false;
};

let asking = null;

// One dialog, however many wait for it. Whether the same person is signed in again.
export const signIn = () => {
  asking ??= open().finally(() => { asking = null; });
  return asking;
};

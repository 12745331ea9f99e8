// Service worker, served as /sw.js behind VERSION, SHELL and ICON (desk/views/pwa.py). It keeps the static files, and the lists
// and tickets last seen, to be read while there is no connection. Nothing is written later on anybody's behalf.
// Pages are kept for one person: whoever comes to the sign-in page or signs out leaves none behind.
const FILES = `files-${VERSION}`;
const PAGES = "pages";
const KEPT_AT = "X-Kept-At";
const LONGEST = 12 * 60 * 60 * 1000; // ms; as long as a session
const KINDS = [
  { pattern: /^\/(queue|board)\/[\w-]+\/$/, most: 3, hasQuery: true },
  { pattern: /^\/t\/(INC|REQ)-\d{4}-\d+\/$/i, most: 10, hasQuery: false, narrowed: ["show", "author", "find", "before"] },
];
const LEAVING = ["/login/", "/logout/"];

let person = 0; // counts who was here; what was asked for by the one before is not kept

// A part of a ticket takes nothing away from the copy of the whole one, which is read in its place.
const isWhole = (url, kind) => !kind.narrowed?.some((name) => url.searchParams.get(name));
const kindOf = (path) => KINDS.find((kind) => kind.pattern.test(path));
const keyOf = (url, kind) => url.origin + url.pathname + (kind.hasQuery ? url.search : "");

const forget = () => {
  person += 1;
  return caches.delete(PAGES);
};

const keep = async (key, kind, answer, asker) => {
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length", "Set-Cookie"]) headers.delete(name);
  headers.set(KEPT_AT, new Date().toISOString());
  const copy = new Response(await answer.text(), { headers });
  if (asker !== person) return;
  const pages = await caches.open(PAGES);
  await pages.delete(key);
  await pages.put(key, copy);
  const alike = (await pages.keys()).filter((request) => kind.pattern.test(new URL(request.url).pathname));
  await Promise.all(alike.slice(0, -kind.most).map((request) => pages.delete(request)));
  if (asker !== person) await caches.delete(PAGES); // somebody has signed out meanwhile
};

// The page as it was, with the moment of its copy for offline.js to tell.
const kept = async (key) => {
  const pages = await caches.open(PAGES);
  const found = await pages.match(key);
  if (!found) return undefined;
  const at = found.headers.get(KEPT_AT);
  if (Date.now() - Date.parse(at) > LONGEST) {
    await pages.delete(key);
    return undefined;
  }
  const text = await found.text();
  return new Response(text.replace("<html ", `<html data-kept-at="${at}" `), { headers: found.headers });
};

const page = async (event, url) => {
  const kind = kindOf(url.pathname);
  const asker = person;
  try {
    const answer = await fetch(event.request);
    if (kind && answer.ok && answer.type === "basic" && !answer.redirected) {
      if (isWhole(url, kind)) event.waitUntil(keep(keyOf(url, kind), kind, answer.clone(), asker));
    } else if (kind && [403, 404].includes(answer.status)) {
      event.waitUntil(caches.open(PAGES).then((pages) => pages.delete(keyOf(url, kind)))); // out of sight by now
    }
    return answer;
  } catch {
    return (kind && (await kept(keyOf(url, kind)))) ?? (await caches.match(SHELL[0])) ?? Response.error();
  }
};

// ---- push messages: what is said comes ready from the desk, in its reader's language ----

const show = ({ key, title, body, url, lang, stays }) =>
  self.registration.showNotification(title, { body, lang, tag: key, data: { url }, icon: ICON, requireInteraction: stays });

const open = async (path) => {
  const url = new URL(path ?? "/", self.location.origin);
  if (url.origin !== self.location.origin) return null;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((client) => client.url === url.href);
  return there ? there.focus() : self.clients.openWindow(url.href);
};

// Whoever signs out (app.js) is told nothing more in this browser.
self.addEventListener("message", (event) => {
  const refuse = async () => (await self.registration.pushManager?.getSubscription())?.unsubscribe();
  if (event.data === "signed-out") event.waitUntil(refuse());
});

self.addEventListener("push", (event) => {
  if (event.data) event.waitUntil(show(event.data.json()));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url));
});

self.addEventListener("install", (event) => {
  // What is written goes past us: a draft on its way when its page is left would get lost here.
  event.addRoutes?.({ condition: { requestMethod: "POST" }, source: "network" });
  event.waitUntil(caches.open(FILES).then((files) => files.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("files-") && name !== FILES;
  const tidied = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(tidied.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (LEAVING.includes(url.pathname)) {
    event.waitUntil(forget());
  } else if (request.method === "GET" && request.mode === "navigate") {
    event.respondWith(page(event, url));
  } else if (request.method === "GET" && SHELL.includes(url.pathname)) {
    event.respondWith(caches.match(request).then((found) => found ?? fetch(request)));
  }
});

// The map of the keys in a dialog, begun by keys.js: the server's page of it, with what is valid here and now first.
import { isUsable } from "./page.js";

const PLACES = {
  list: "[data-live-list]",
  board: "#board",
  ticket: "[data-timeline]",
  composer: "form[data-composer]",
};

const isPlace = (name) => name === "everywhere" || (PLACES[name] && document.querySelector(PLACES[name]) !== null);

const isValidHere = (row) => {
  if ("unbound" in row.dataset || !row.dataset.where.split(" ").some(isPlace)) return false;
  if (!("needsElement" in row.dataset)) return true;
  return [...document.querySelectorAll(`[data-act="${row.dataset.of}"]`)].some(isUsable);
};

const sort = (list) => {
  const elsewhere = list.querySelector("[data-keys-elsewhere]");
  const others = [...list.querySelectorAll("[data-of]")].filter((row) => !isValidHere(row));
  elsewhere.querySelector("dl").append(...others);
  elsewhere.hidden = others.length === 0;
  for (const section of list.querySelectorAll("section")) section.hidden = !section.querySelector("[data-of]");
};

const dialogOf = () => {
  const there = document.getElementById("keys-help");
  if (there) return there;
  document.body.append(document.getElementById("keys-template").content.cloneNode(true));
  return document.getElementById("keys-help");
};

export const open = async () => {
  const dialog = dialogOf();
  if (!dialog.open) dialog.showModal();
  const body = dialog.querySelector("[data-keys-body]");
  const answer = await fetch(dialog.dataset.url, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return; // the link to the page stays
  const list = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("keys-list");
  if (!list) return;
  body.replaceChildren(document.importNode(list, true));
  sort(body.firstElementChild);
};

// Relative times, for time[data-relative] on a page with data-module="times": ticks once a minute, in the server's words
// (json_script "relative-time-patterns"). Beyond a day the exact moment, which is its title, is shown and stays.
// Time left to undo, for data-module="countdown": [data-seconds-left] shows data-pattern with {n} seconds, then
// data-done, whatever the clock of this machine says; [data-countdown-progress] runs down beside it, [data-countdown-until-done] is hidden at the end.
// At the end "countdownDone" bubbles from the element, for an hx-trigger that fetches what became of it.
// Time left of a promise, for [data-clock] on elements with data-module="clocks": goes on once a minute in business time,
// in the server's words (as above), and shows when it gets at risk or is over.
// data-clock: seconds of the epoch, what was left then, below what it is at risk, and open times after it, "from-to" each.
import { all } from "./page.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STATES = { left: "on_track", soon: "at_risk", over: "breached" };
let patterns = null;
let timer = 0;

const inWords = (el, now) => {
  const moment = Date.parse(el.dateTime);
  const distance = Math.abs(now - moment);
  const tense = moment <= now ? "past" : "future";
  if (distance < MINUTE) return patterns.now;
  if (distance < HOUR) return patterns[`${tense}_minutes`].replace("{n}", Math.floor(distance / MINUTE));
  return patterns[`${tense}_hours`].replace("{n}", Math.floor(distance / HOUR));
};

const leftOf = (clock, now) => {
  const [from, left, risk, ...spans] = clock.split(" ");
  const gone = spans.map((span) => span.split("-")).reduce((sum, [start, end]) => sum + Math.max(0, Math.min(now, end) - Math.max(start, from)), 0);
  return [left - gone, Number(risk)];
};

const amount = (seconds) => {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  return minutes < 60 ? patterns.minutes.replace("{n}", minutes) : patterns.hours.replace("{n}", Math.floor(Math.abs(seconds) / 3600));
};

const show = (el, now) => {
  const [left, risk] = leftOf(el.dataset.clock, now);
  const name = left <= 0 ? "over" : left < risk ? "soon" : "left";
  const words = patterns[name].replace("{time}", amount(left));
  if (el.lastChild.nodeValue !== words) el.lastChild.nodeValue = words;
  el.className = `sla sla--${STATES[name]}`;
};

const isNear = (el, now) => Math.abs(now - Date.parse(el.dateTime)) < DAY;

const refresh = () => {
  const now = Date.now();
  for (const el of document.querySelectorAll("time[data-relative]")) {
    if (isNear(el, now)) {
      const words = inWords(el, now);
      if (el.textContent !== words) el.textContent = words;
      el.dataset.ticked = "true";
    } else if (el.dataset.ticked) {
      el.textContent = el.title;
      delete el.dataset.ticked;
    }
  }
  for (const el of document.querySelectorAll("[data-clock]")) show(el, now / 1000);
};

const dues = new WeakMap(); // element -> when its time is over, by the page's own watch

const tick = (root, el) => {
  if (!el.isConnected) return;
  const left = Math.max(0, (dues.get(el) - performance.now()) / 1000);
  const progress = root.querySelector("[data-countdown-progress]");
  if (progress) progress.value = left;
  const text = left > 0 ? el.dataset.pattern.replace("{n}", Math.ceil(left)) : el.dataset.done;
  if (el.textContent !== text) el.textContent = text;
  if (left > 0) {
    setTimeout(() => tick(root, el), 250);
    return;
  }
  dues.delete(el);
  root.querySelectorAll("[data-countdown-until-done]").forEach((part) => { part.hidden = true; });
  el.dispatchEvent(new CustomEvent("countdownDone", { bubbles: true }));
};

const startCountdowns = (root) => {
  for (const frame of all(root, '[data-module~="countdown"]')) {
    for (const el of frame.querySelectorAll("[data-seconds-left]:not([data-ticking])")) {
      const isTicking = dues.has(el); // morphed by an act, with newer seconds
      el.dataset.ticking = "true";
      dues.set(el, performance.now() + el.dataset.secondsLeft * 1000);
      if (!isTicking) tick(frame, el);
    }
  }
};

export const init = (root) => {
  startCountdowns(root);
  const source = document.getElementById("relative-time-patterns");
  if (timer || !source || !all(root, "time[data-relative], [data-clock]").length) return;
  patterns = JSON.parse(source.textContent);
  timer = setInterval(() => { if (!document.hidden) refresh(); }, MINUTE);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
};

// Time left of a promise, for [data-clock] on elements with data-module="clocks": goes on once a minute in business time,
// in the server's words (json_script "relative-time-patterns"), and shows when it gets at risk or is over.
// data-clock: seconds of the epoch, what was left then, below what it is at risk, and open times after it, "from-to" each.
const MINUTE = 60_000;
const MINUTE_S = 60;
const HOUR_S = 3600;
const STATES = { left: "on_track", soon: "at_risk", over: "breached" };
let patterns = null;

const leftOf = (clock, now) => {
  const [from, left, risk, ...spans] = clock.split(" ");
  const gone = spans.map((span) => span.split("-")).reduce((sum, [start, end]) => sum + Math.max(0, Math.min(now, end) - Math.max(start, from)), 0);
  return [left - gone, Number(risk)];
};

const amount = (seconds) => {
  const minutes = Math.floor(Math.abs(seconds) / MINUTE_S);
  return minutes < MINUTE_S ? patterns.minutes.replace("{n}", minutes) : patterns.hours.replace("{n}", Math.floor(Math.abs(seconds) / HOUR_S));
};

const show = (el, now) => {
  const [left, risk] = leftOf(el.dataset.clock, now);
  const name = left <= 0 ? "over" : left < risk ? "soon" : "left";
  const words = patterns[name].replace("{time}", amount(left));
  if (el.lastChild.nodeValue !== words) el.lastChild.nodeValue = words;
  el.className = `sla sla--${STATES[name]}`;
};

const refresh = () => {
  const now = Date.now() / 1000;
  for (const el of document.querySelectorAll("[data-clock]")) show(el, now);
};

export const init = () => {
  const source = document.getElementById("relative-time-patterns");
  if (patterns || !source) return;
  patterns = JSON.parse(source.textContent);
  setInterval(() => { if (!document.hidden) refresh(); }, MINUTE);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
};

// The board: reads the overview, follows the stream from its cursor, and keeps every part in step.

import { readAddress, writeAddress } from "./address.js";
import { read, settled } from "./api.js";
import { announce, byId, perFrame, soon, toast } from "./dom.js";
import { EventList } from "./events.js";
import { Filters } from "./filters.js";
import { helpDialog, listen } from "./keys.js";
import { Link } from "./link.js";
import { BoardMap } from "./map.js";
import { Panel } from "./panel.js";
import { Retime } from "./retime.js";
import { rangeOf } from "./scale.js";
import { Store } from "./store.js";
import { Stream } from "./stream.js";
import { Timeline } from "./timeline.js";
import { clock, dayName, seconds } from "./zone.js";

const TICK_MS = 1_000;
const REREAD_MS = 1_000;
const POLL_MS = 30_000;
const asked = readAddress();
if (!settled.centers.some((each) => each.code === asked.center)) asked.center = settled.centers[0]?.code ?? "";

const store = new Store();
const link = new Link();
const timeline = new Timeline(store, (bar) => choose(bar));
const map = new BoardMap(store, (number) => chooseNumber(number));
const events = new EventList(store, (number) => chooseNumber(number));
const filters = new Filters(asked, (names) => changed(names));
const stream = new Stream(told, linked);
const panel = new Panel(store, { saved: () => reread(), closed, moved: (bar, start) => showMoved(bar, start) });
const retime = new Retime(timeline, (bar, start) => panel.want(bar, start), (bar) => panel.wishFor(bar));
const redraw = perFrame(draw);
const rereadLater = soon(() => reread(), REREAD_MS);
// Who sends positions and is not on the board: asked for once, not five times a second.
const strangers = new Set();
let range = null;
let isReading = false;
let poll = 0;
// What was asked for while a reading was under way.
let next = null;
let wasReread = false;

function whole() {
  const zone = settled.centers.find((each) => each.code === asked.center)?.timezone ?? "UTC";
  return rangeOf(asked, zone, store.now);
}

// Reads everything; `follows` opens the stream from where this reading stands.
async function reread({ follows = false } = {}) {
  if (isReading) {
    next = { follows: follows || Boolean(next?.follows) };
    return;
  }
  isReading = true;
  const wanted = whole();
  const query = { center: asked.center, since: new Date(wanted.since).toISOString(), until: new Date(wanted.until).toISOString() };
  try {
    const [board, areas] = await Promise.all([read("overview/", query), read("areas/", query)]);
    if (board.center.code !== asked.center) return;
    range = wanted;
    store.areas = new Map(areas.areas.map((each) => [each.operation_id, each]));
    store.take(board);
    map.movers.take(board.operations);
    map.ground.during(range);
    if (follows) follow(board.cursor);
    byId("cut-off").hidden = !board.is_cut_off;
    events.take();
    draw();
    document.body.dataset.ready = "1";
  } catch (problem) {
    link.failed(problem);
    if (problem.status === 401) location.assign(settled.sign_in);
    else if (!problem.status || problem.status >= 500) setTimeout(() => reread({ follows: true }), 5_000);
  } finally {
    isReading = false;
    if (next) {
      const { follows: alsoFollows } = next;
      next = null;
      setTimeout(() => reread({ follows: alsoFollows }), REREAD_MS);
    }
  }
}

// Without a live channel the board is read again and again.
function follow(cursor) {
  clearInterval(poll);
  if (cursor) {
    stream.open(asked.center, cursor);
    return;
  }
  stream.close();
  link.polling(Date.now(), store.zone);
  poll = setInterval(() => reread().then(() => link.polling(store.readAt, store.zone)), POLL_MS);
}

function draw() {
  if (!store.board) return;
  // A bar in somebody's hand is not taken away.
  if (timeline.isDragging) {
    setTimeout(redraw, 200);
    return;
  }
  const { everything, visible } = timeline.draw(asked, range);
  filters.show(range, store.zone, everything.filter((bar) => timeline.scale.shown(bar.start, bar.end)));
  map.draw(visible);
  panel.refresh(everything);
  if (panel.isOpen && panel.wish) showMoved(panel.bar, panel.wish.start);
  events.tick();
}

function showMoved(bar, start) {
  const element = timeline.find(bar.key);
  if (element) retime.show(element, bar, start);
}

function told(event, data) {
  if (event === "position") {
    const operation = store.byNumber.get(data.operation);
    if (operation) map.movers.hear(data);
    else if (!strangers.has(data.operation)) {
      strangers.add(data.operation);
      rereadLater();
    }
    return;
  }
  if (event === "reset" || event === "end") {
    wasReread = event === "reset";
    reread({ follows: true });
    return;
  }
  if (event === "notice") {
    toast(data.text);
    announce(data.text);
    return;
  }
  const what = store.hear(event, data);
  if (what === "events") events.hear(data);
  else if (what === "reread") rereadLater();
  if (what === "bars" || what === "reread") redraw();
  if (event === "alert_raised") toast(`${data.operation}: ${data.kind.replaceAll("_", " ")} alert`);
}

function linked(news) {
  if (news.state === "live") {
    link.live(news, store.zone, wasReread);
    if (news.lostAt) announce("The board is live again.");
    wasReread = false;
  } else if (news.state === "lost") {
    link.lost(news, store.zone);
  } else {
    link.refused(news.status);
  }
}

function choose(bar) {
  if (!bar) return;
  asked.chosen = bar.number;
  writeAddress(asked);
  timeline.select(bar.number);
  panel.show(bar);
  map.goTo(bar.number);
}

function chooseNumber(number) {
  const bar = [...timeline.bars.values()].find((each) => each.number === number);
  if (!bar) return;
  choose(bar);
  timeline.find(bar.key)?.scrollIntoView({ block: "nearest", behavior: "instant" });
}

function closed(bar) {
  asked.chosen = "";
  writeAddress(asked);
  redraw();
  requestAnimationFrame(() => timeline.find(bar.key)?.focus());
}

function changed(names) {
  writeAddress(asked);
  if (names.includes("center")) {
    map.isFitted = false;
    strangers.clear();
    store.board = null;
    panel.close();
    link.connecting();
    reread({ follows: true });
  } else if (["day", "hour", "span"].some((each) => names.includes(each))) {
    map.isFitted = false;
    reread();
  } else {
    redraw();
  }
}

function tick() {
  const { now, zone } = store;
  byId("clock-local").textContent = seconds(now, zone);
  byId("clock-day").textContent = dayName(now, zone);
  byId("clock-utc").textContent = `${clock(now, "UTC")}Z`;
  events.tick();
  timeline.drawNow();
  // Positions grow old, and a range that goes along with the clock moves on.
  map.movers.redraw();
  if (range && !asked.day && whole().since !== range.since) rereadLater();
}

function focusTimeline() {
  (timeline.box.querySelector('.bar[tabindex="0"]') ?? timeline.box.querySelector(".bar"))?.focus();
}

function acknowledgeFirst() {
  const item = events.first();
  const event = item && store.events.get(item.dataset.number);
  if (event?.status === "open" && settled.may.acknowledge) events.acknowledge(event);
  else announce("No event waits to be acknowledged.");
}

listen({
  "?": helpDialog(),
  "/": () => byId("find").focus(),
  t: () => filters.today(),
  "[": () => filters.shift(-1),
  "]": () => filters.shift(1),
  r: () => filters.toggleRows(),
  g: focusTimeline,
  e: () => events.first()?.querySelector("button")?.focus(),
  a: acknowledgeFirst,
  m: () => map.fit(),
  Escape: () => panel.close(),
});
document.addEventListener("redraw", redraw);
document.addEventListener("theme", redraw);
window.addEventListener("offline", () => stream.cut());
window.addEventListener("online", () => stream.hurry());
window.addEventListener("pagehide", () => stream.close());
// Who comes back with the browser's own button finds a page that was asleep.
window.addEventListener("pageshow", (event) => event.persisted && reread({ follows: true }));
byId("fit").addEventListener("click", () => map.fit());

if (asked.center) {
  link.connecting();
  reread({ follows: true }).then(() => asked.chosen && chooseNumber(asked.chosen));
  tick();
  setInterval(tick, TICK_MS);
} else {
  byId("no-center").hidden = false;
}

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
import { showPlan } from "./plan.js";
import { Reader } from "./reader.js";
import { Retime } from "./retime.js";
import { rangeOf } from "./scale.js";
import { Store } from "./store.js";
import { Timeline } from "./timeline.js";
import { clock, dayName, seconds, showClock, zoneName } from "./zone.js";

const TICK_MS = 1_000;
const REREAD_MS = 1_000;
// Who sends positions and is not in the air here is asked for once in this time.
const STRANGE_MS = 60_000;
showClock(settled.shown.clock);
const asked = readAddress();
if (!settled.centers.some((each) => each.code === asked.center)) asked.center = settled.centers[0]?.code ?? "";

const store = new Store();
const timeline = new Timeline(store, (bar) => choose(bar));
const map = new BoardMap(store, (number) => chooseNumber(number));
const events = new EventList(store, (number) => chooseNumber(number));
const filters = new Filters(asked, (names) => changed(names));
const reader = new Reader(store, new Link(), { read: readWhole, take, told, denied: () => location.assign(settled.sign_in) });
const panel = new Panel(store, { saved: () => reader.reread(), closed, moved: (bar, start) => showMoved(bar, start), find: (key) => timeline.bars.get(key) });
const retime = new Retime(timeline, (bar, start) => panel.want(bar, start), (bar) => panel.wishFor(bar));
const redraw = perFrame(draw);
const rereadLater = soon(() => reader.ask(), REREAD_MS);
const strangers = new Map();
let range = null;

function whole() {
  const zone = settled.centers.find((each) => each.code === asked.center)?.timezone ?? "UTC";
  return rangeOf(asked, zone, store.now);
}

async function readWhole(signal) {
  const wanted = whole();
  const query = { center: asked.center, since: new Date(wanted.since).toISOString(), until: new Date(wanted.until).toISOString() };
  const [board, areas] = await Promise.all([read("overview/", query, signal), read("areas/", query, signal)]);
  return { board, areas, wanted };
}

// What was heard while it was read is heard again: the reading may be older.
function take({ board, areas, wanted }, heard) {
  range = wanted;
  store.areas = new Map(areas.areas.map((each) => [each.operation_id, each]));
  store.take(board);
  const said = heard.map(([event, data]) => store.hear(event, data));
  if (said.includes("reread")) rereadLater();
  map.movers.take([...store.operations.values()]);
  map.ground.during(range);
  byId("cut-off").hidden = !(board.is_cut_off || areas.is_cut_off);
  events.take();
  draw();
  document.body.dataset.ready = "1";
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
  showPlan(store, range);
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
    placed(data);
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
  if (event === "status") map.movers.keep(store.byNumber);
  if (event === "alert_raised" || event === "alert_worsened") {
    const worse = event === "alert_worsened" ? ", red now" : "";
    toast(`${data.operation}: ${data.kind.replaceAll("_", " ")} alert${worse}`);
  }
}

function placed(position) {
  if (store.byNumber.get(position.operation)?.status === "active") {
    map.movers.hear(position);
  } else if (Date.now() - (strangers.get(position.operation) ?? 0) > STRANGE_MS) {
    strangers.set(position.operation, Date.now());
    rereadLater();
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
    // Nothing of the center before stays, whether or not the new one can be read.
    panel.close();
    strangers.clear();
    store.clear();
    range = null;
    timeline.clear();
    map.clear();
    events.clear();
    filters.blank();
    byId("plan").hidden = true;
    byId("cut-off").hidden = true;
    reader.open(asked.center);
  } else if (["day", "hour", "span"].some((each) => names.includes(each))) {
    map.isFitted = false;
    reader.reread();
  } else {
    redraw();
  }
}

function tick() {
  const { now, zone } = store;
  reader.stream.check();
  byId("clock-local").textContent = seconds(now, zone);
  byId("clock-day").textContent = dayName(now, zone);
  byId("clock-utc").textContent = `${clock(now, "UTC")}Z`;
  const own = settled.shown.timezone;
  byId("clock-own").hidden = !own || own === zone || own === "UTC";
  if (!byId("clock-own").hidden) byId("clock-own").textContent = `${clock(now, own)} ${zoneName(now, own)}`;
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
  u: () => panel.undo.run(),
  Escape: () => panel.close(),
});
document.addEventListener("redraw", redraw);
document.addEventListener("theme", redraw);
window.addEventListener("offline", () => reader.stream.cut());
window.addEventListener("online", () => reader.hurry());
window.addEventListener("pagehide", () => reader.close());
// Who comes back with the browser's own button finds a page that was asleep.
window.addEventListener("pageshow", (event) => event.persisted && reader.open(asked.center));
byId("fit").addEventListener("click", () => map.fit());

if (asked.center) {
  reader.open(asked.center).then(() => asked.chosen && chooseNumber(asked.chosen));
  tick();
  setInterval(tick, TICK_MS);
} else {
  byId("no-center").hidden = false;
}

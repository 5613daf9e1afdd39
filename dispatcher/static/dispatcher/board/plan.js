// The way from the board to the plan of the day that it shows.

import { settled } from "./api.js";
import { byId } from "./dom.js";

// The plan of now, where now is shown; else of the middle of what is shown; else the first there is.
export function showPlan(store, range) {
  const link = byId("plan");
  const { now } = store;
  const shown = now >= range.since && now < range.until ? now : (range.since + range.until) / 2;
  const schedule = settled.plans && (store.scheduleAt(shown) ?? store.board.schedules[0]);
  link.hidden = !schedule;
  if (!schedule) return;
  link.href = settled.plans.replace("/0/", `/${schedule.id}/`);
  link.textContent = "Plan";
  link.title = `The plan of ${schedule.day}, ${schedule.status}`;
}

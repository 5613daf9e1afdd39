// The state of the line in words: a board that looks alive and is not would be worse than none.

import { byId } from "./dom.js";
import { seconds } from "./zone.js";

const KEPT_MS = 60_000;

export class Link {
  constructor() {
    this.box = byId("link");
    this.note = byId("link-note");
  }

  say(state, words, note = "") {
    document.body.dataset.link = state;
    if (this.box.textContent !== words) this.box.textContent = words;
    this.note.textContent = note;
    this.note.hidden = !note;
    clearTimeout(this.timer);
  }

  connecting() {
    this.say("wait", "Connecting…");
  }

  live({ lostAt, resumedAt }, zone, wasReread) {
    const moment = (at) => seconds(at, zone);
    if (!lostAt) return this.say("live", "Live");
    const how = wasReread ? "read anew" : "resumed, nothing missed";
    this.say("live", "Live", `Connection lost at ${moment(lostAt)}; ${how} at ${moment(resumedAt)}.`);
    this.timer = setTimeout(() => (this.note.hidden = true), KEPT_MS);
    return undefined;
  }

  lost({ lostAt, heardAt }, zone) {
    const moment = (at) => seconds(at, zone);
    this.say("lost", "Not live", `Connection lost at ${moment(lostAt)}. Data of ${moment(heardAt ?? lostAt)}; trying again.`);
  }

  polling(at, zone) {
    this.say("live", "Every 30 s", "");
    this.box.title = `This installation has no live channel. Read at ${seconds(at, zone)}.`;
  }

  refused(status) {
    const why = status === 401 ? "You are signed out." : "You may not follow this center any more.";
    this.say("lost", "Not live", `${why} Load the page again to sign in.`);
  }

  failed(problem) {
    this.say("lost", "Not read", `The board could not be read: ${problem.message}`);
  }
}

// The state of the line in words: a board that looks alive and is not would be worse than none.

import { announce, byId } from "./dom.js";
import { seconds } from "./zone.js";

const KEPT_MS = 60_000;

export class Link {
  constructor() {
    this.box = byId("link");
    this.note = byId("link-note");
  }

  say(state, words, note = "", title = "") {
    document.body.dataset.link = state;
    if (this.box.textContent !== words) this.box.textContent = words;
    if (this.note.textContent !== note) this.note.textContent = note;
    this.note.hidden = !note;
    this.box.title = title;
    clearTimeout(this.timer);
  }

  connecting() {
    this.say("wait", "Connecting…");
  }

  // Moments of this machine's clock are said by the server's.
  live({ lostAt, resumedAt, wasReread }, { zone, skew }) {
    const left = resumedAt + KEPT_MS - Date.now();
    if (lostAt === null || left <= 0) {
      this.say("live", "Live");
      return;
    }
    const moment = (at) => seconds(at + skew, zone);
    const how = wasReread ? "read anew" : "resumed, nothing missed";
    if (document.body.dataset.link !== "live") announce("The board is live again.");
    this.say("live", "Live", `Connection lost at ${moment(lostAt)}; ${how} at ${moment(resumedAt)}.`);
    this.timer = setTimeout(() => (this.note.hidden = true), left);
  }

  lost(lostAt, dataAt, { zone, skew }) {
    this.say("lost", "Not live", `Connection lost at ${seconds(lostAt + skew, zone)}. ${dataOf(dataAt, zone)}; trying again.`);
  }

  gap(readAt, zone) {
    this.say("lost", "Not live", `The live channel lost something. ${dataOf(readAt, zone)}; it is being read anew.`);
  }

  polling(at, zone) {
    this.say("poll", "Every 30 s", "", `This installation has no live channel. Read at ${seconds(at, zone)}.`);
  }

  refused(status, at, zone) {
    const why = status === 401 ? "You are signed out. Load the page again to sign in." : "You may not follow this center any more.";
    this.say("lost", "Not live", `${why} ${dataOf(at, zone)}.`);
  }

  failed(problem, at, zone) {
    this.say("lost", "Not read", `The board could not be read (${problem.message}). ${dataOf(at, zone)}; trying again.`);
  }
}

const dataOf = (at, zone) => (at ? `Data of ${seconds(at, zone)}` : "There are no data yet");

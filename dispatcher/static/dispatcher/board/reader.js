// Keeps the board in step with the server: reads it whole, follows the stream, and says what holds.

import { Stream } from "./stream.js";

// What no message tells of (crews, limits, verdicts due by time) is no older than this.
const FRESH_MS = 120_000;
const POLL_MS = 30_000;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
// A server that does not answer is a reading that failed.
const PATIENCE_MS = 30_000;

export class Reader {
  // `read` gets one whole reading, `take` keeps it with the messages heard meanwhile, `told` gets each message.
  constructor(store, link, { read, take, told, denied }) {
    Object.assign(this, { store, link, read, take, told, denied });
    this.stream = new Stream((event, data) => this.hear(event, data), (news) => this.linked(news));
    this.turn = 0;
    this.clear("");
  }

  clear(center) {
    this.turn++;
    this.center = center;
    this.stream.heardAt = null;
    clearTimeout(this.timer);
    this.stream.close();
    this.isReading = false;
    this.isAskedAgain = false;
    this.heard = [];
    this.hasRead = false;
    this.fault = null;
    this.line = { state: "opening" };
    this.mustFollow = true;
    this.lostAt = null;
    this.wasReread = false;
    // Failures and gaps in a row: each makes the next attempt wait longer.
    this.tries = 0;
  }

  // Another center: nothing of the one before is heard any more.
  open(center) {
    this.clear(center);
    this.show();
    return this.reread();
  }

  close() {
    this.turn++;
    clearTimeout(this.timer);
    this.stream.close();
  }

  // Says whether this reading succeeded; one that is asked for meanwhile follows it.
  async reread() {
    if (this.isReading) {
      this.isAskedAgain = true;
      return false;
    }
    clearTimeout(this.timer);
    const mine = this.turn;
    this.isReading = true;
    this.heard = [];
    let fault = null;
    try {
      const found = await this.read(AbortSignal.timeout(PATIENCE_MS));
      if (mine !== this.turn) return false;
      this.taken(found);
    } catch (problem) {
      if (mine !== this.turn) return false;
      fault = problem;
    }
    this.isReading = false;
    this.heard = [];
    this.fault = fault;
    if (fault) this.tries++;
    else if (this.line.state === "live" || this.line.state === "polling") this.tries = 0;
    this.show();
    if (fault?.status === 401) this.denied();
    this.wait();
    return !fault;
  }

  taken(found) {
    this.take(found, this.heard);
    this.hasRead = true;
    if (!this.mustFollow) return;
    this.mustFollow = false;
    if (this.lostAt !== null) this.wasReread = true;
    const { cursor } = found.board;
    if (cursor) {
      this.stream.open(this.center, cursor);
    } else {
      this.stream.close();
      this.line = { state: "polling" };
      // Whether there is a live channel now is asked with each reading.
      this.mustFollow = true;
    }
  }

  // One timer for all: the next reading of an even course, or the next attempt.
  wait() {
    clearTimeout(this.timer);
    let rest = this.line.state === "live" ? FRESH_MS : POLL_MS;
    if (this.fault) rest = this.backoff();
    else if (this.isAskedAgain) rest = FIRST_WAIT;
    this.isAskedAgain = false;
    this.timer = setTimeout(() => this.reread(), rest);
  }

  backoff() {
    return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries) * (0.75 + Math.random() / 2);
  }

  // Something is to be read: soon, but not before an attempt that already waits.
  ask() {
    if (this.isReading) this.isAskedAgain = true;
    else if (!this.fault && !this.isGap) this.reread();
  }

  get isGap() {
    return this.line.state === "gap";
  }

  hear(event, data) {
    if (event === "reset" || event === "end") {
      this.gap(event);
      return;
    }
    // The reading that is under way may be older than this: it is heard again on top of it.
    if (this.isReading) this.heard.push([event, data]);
    this.told(event, data);
  }

  // Something is lost for good, or rights changed: read anew, and follow from there.
  gap(event) {
    this.stream.close();
    this.mustFollow = true;
    this.lostAt ??= Date.now();
    if (event === "reset") this.line = { state: "gap" };
    else this.line = { state: "opening" };
    this.show();
    if (this.isReading) {
      this.isAskedAgain = true;
    } else {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.reread(), this.tries ? this.backoff() : 0);
    }
    this.tries++;
  }

  linked(news) {
    if (news.state === "live") {
      const { lostAt, wasReread } = this;
      this.line = { state: "live", lostAt, resumedAt: Date.now(), wasReread };
      this.lostAt = null;
      this.wasReread = false;
      if (!this.fault) this.tries = 0;
    } else {
      this.lostAt ??= Date.now();
      this.line = news;
      // Who may not follow now is asked again with the next reading.
      if (news.state === "refused") this.mustFollow = true;
    }
    if (!this.isReading && !this.fault) this.wait();
    this.show();
  }

  // Live only when the last reading succeeded and the stream said that it misses nothing.
  show() {
    const { link, line, store } = this;
    const dataAt = store.readAt && Math.max(store.readAt, (this.stream.heardAt ?? 0) + store.skew);
    if (this.fault) link.failed(this.fault, store.readAt, store.zone);
    else if (line.state === "opening" || !this.hasRead) link.connecting();
    else if (line.state === "live") link.live(line, store);
    else if (line.state === "polling") link.polling(store.readAt, store.zone);
    else if (line.state === "refused") link.refused(line.status, store.readAt, store.zone);
    else if (this.isGap) link.gap(store.readAt, store.zone);
    else link.lost(this.lostAt, dataAt, store);
  }

  hurry() {
    this.stream.hurry();
    if (this.fault) this.reread();
  }
}

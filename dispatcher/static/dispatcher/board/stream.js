// The live stream, read by hand: unlike EventSource this hears the heartbeat, so silence is noticed.

import { address } from "./api.js";

const SILENCE = 40_000;
// Who is sent away sooner than this is not at the end of a stream.
const SHORTEST = 5_000;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

export class Stream {
  // `told` gets (event, data); `changed` gets the state of the link.
  constructor(told, changed) {
    this.told = told;
    this.changed = changed;
    this.center = "";
    this.seen = "";
    this.wait = FIRST_WAIT;
    this.lostAt = null;
    this.heardAt = null;
    this.generation = 0;
  }

  open(center, cursor) {
    this.close();
    this.center = center;
    this.seen = cursor;
    this.run(++this.generation);
  }

  close() {
    this.generation++;
    clearTimeout(this.watchdog);
    clearTimeout(this.timer);
    if (this.stop) this.stop.abort();
  }

  async run(generation) {
    let isEnded = false;
    try {
      isEnded = await this.follow(generation);
    } catch (fault) {
      if (generation !== this.generation) return;
      if (fault.status === 401 || fault.status === 403 || fault.status === 404) {
        this.changed({ state: "refused", status: fault.status });
        return;
      }
    }
    if (generation !== this.generation) return;
    clearTimeout(this.watchdog);
    // A stream that ran its quarter of an hour ends by itself: coming back at once loses nothing.
    if (isEnded && Date.now() - this.openedAt > SHORTEST) {
      this.timer = setTimeout(() => this.run(generation), 50);
      return;
    }
    this.lose();
    this.timer = setTimeout(() => this.run(generation), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
  }

  async follow(generation) {
    this.stop = new AbortController();
    this.watch();
    const headers = { Accept: "text/event-stream" };
    if (this.seen) headers["Last-Event-ID"] = this.seen;
    const response = await fetch(address("stream/", { center: this.center }), { headers, signal: this.stop.signal, cache: "no-store" });
    if (!response.ok) throw Object.assign(new Error("refused"), { status: response.status });
    this.openedAt = Date.now();
    this.gain();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done || generation !== this.generation) return done;
      this.watch();
      const frames = (rest + value).split("\n\n");
      rest = frames.pop();
      for (const frame of frames) this.hear(frame);
    }
  }

  hear(frame) {
    let event = "message";
    let data = "";
    for (const line of frame.split("\n")) {
      if (line.startsWith("id:")) this.seen = line.slice(3).trim();
      else if (line.startsWith("event:")) event = line.slice(6).trim();
      else if (line.startsWith("data:")) data += line.slice(5);
    }
    if (data) this.told(event, JSON.parse(data));
  }

  watch() {
    this.heardAt = Date.now();
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.stop && this.stop.abort(), SILENCE);
  }

  lose() {
    if (this.lostAt === null) this.lostAt = Date.now();
    this.changed({ state: "lost", lostAt: this.lostAt, heardAt: this.heardAt });
  }

  gain() {
    const lostAt = this.lostAt;
    this.lostAt = null;
    this.wait = FIRST_WAIT;
    this.changed({ state: "live", lostAt, resumedAt: Date.now() });
  }

  // The machine knows that it has no network: no use in waiting for the silence.
  cut() {
    if (this.stop) this.stop.abort();
  }

  // Somebody who sees that the network is back need not wait.
  hurry() {
    if (this.lostAt === null) return;
    this.wait = FIRST_WAIT;
    clearTimeout(this.timer);
    if (this.stop) this.stop.abort();
    this.run(++this.generation);
  }
}

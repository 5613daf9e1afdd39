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
    this.isLost = false;
    // When something was last read from the line, by this machine's clock.
    this.heardAt = null;
    this.awaitedAt = null;
    this.generation = 0;
  }

  open(center, cursor) {
    this.close();
    this.center = center;
    this.seen = cursor;
    this.isLost = false;
    this.run(++this.generation);
  }

  close() {
    this.generation++;
    clearTimeout(this.timer);
    this.awaitedAt = null;
    if (this.stop) this.stop.abort();
  }

  async run(generation) {
    let isEnded = false;
    try {
      isEnded = await this.follow(generation);
    } catch (fault) {
      if (generation !== this.generation) return;
      if (fault.status === 401 || fault.status === 403 || fault.status === 404) {
        this.awaitedAt = null;
        this.changed({ state: "refused", status: fault.status });
        return;
      }
    }
    if (generation !== this.generation) return;
    // A stream that ran its quarter of an hour ends by itself: coming back at once loses nothing.
    if (isEnded && this.isWhole && Date.now() - this.openedAt > SHORTEST) {
      this.timer = setTimeout(() => this.run(generation), 50);
      return;
    }
    this.awaitedAt = null;
    this.isLost = true;
    this.changed({ state: "lost" });
    this.timer = setTimeout(() => this.run(generation), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
  }

  async follow(generation) {
    this.stop = new AbortController();
    this.isWhole = false;
    this.awaitedAt = Date.now();
    const headers = { Accept: "text/event-stream" };
    if (this.seen) headers["Last-Event-ID"] = this.seen;
    const response = await fetch(address("stream/", { center: this.center }), { headers, signal: this.stop.signal, cache: "no-store" });
    if (!response.ok) throw Object.assign(new Error("refused"), { status: response.status });
    this.openedAt = Date.now();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done || generation !== this.generation) return done;
      this.heardAt = this.awaitedAt = Date.now();
      const frames = (rest + value).split("\n\n");
      rest = frames.pop();
      for (const frame of frames) {
        this.hear(frame);
        if (generation !== this.generation) return false;
      }
    }
  }

  hear(frame) {
    let event = "message";
    let data = "";
    let seen = "";
    for (const line of frame.split("\n")) {
      if (line.startsWith("id:")) seen = line.slice(3).trim();
      else if (line.startsWith("event:")) event = line.slice(6).trim();
      else if (line.startsWith("data:")) data += line.slice(5);
    }
    // Only how long to wait: whether something is missed is said by the frame after it.
    if (frame.startsWith("retry:")) return;
    if (event !== "reset" && !this.isWhole) this.gain();
    if (data) this.tell(event, data);
    if (seen) this.seen = seen;
  }

  // What cannot be taken in is missed.
  tell(event, data) {
    try {
      this.told(event, JSON.parse(data));
    } catch (fault) {
      console.error(fault);
      this.told("reset", {});
    }
  }

  gain() {
    this.isWhole = true;
    this.isLost = false;
    this.wait = FIRST_WAIT;
    this.changed({ state: "live" });
  }

  // Asked every second: a timer of its own would sleep with the machine.
  check() {
    if (this.awaitedAt !== null && Date.now() - this.awaitedAt > SILENCE) this.cut();
  }

  // The machine knows that it has no network: no use in waiting for the silence.
  cut() {
    if (this.stop) this.stop.abort();
  }

  // Somebody who sees that the network is back need not wait.
  hurry() {
    if (!this.isLost) return;
    this.wait = FIRST_WAIT;
    clearTimeout(this.timer);
    if (this.stop) this.stop.abort();
    this.run(++this.generation);
  }
}

// What was just saved is taken back for ten seconds by a deed of its own, judged like any other.

import { announce, make, toast } from "./dom.js";

const OFFERED_MS = 10_000;

export class Undo {
  constructor() {
    this.offered = null;
  }

  // `back` does it and answers a promise of what stands then; `done` is told that, `refused` what refuses.
  offer(number, back, { done, refused }) {
    this.end();
    const button = make("button", { type: "button", title: "Put it back as it was ( u )", onclick: () => this.run() }, "Undo");
    const shown = toast([`${number} saved. `, button], OFFERED_MS);
    this.offered = { back, done, refused, shown, timer: setTimeout(() => this.end(), OFFERED_MS) };
  }

  end() {
    if (!this.offered) return;
    clearTimeout(this.offered.timer);
    this.offered.shown.remove();
    this.offered = null;
  }

  // Once: what was pressed twice is one deed.
  async run() {
    if (!this.offered) {
      announce("There is nothing to undo.");
      return;
    }
    const { back, done, refused } = this.offered;
    this.end();
    let row = null;
    try {
      row = await back();
    } catch (problem) {
      refused(problem);
      return;
    }
    done(row);
  }
}

// Follows a run while it goes on, and shows the page anew when it has ended.

const AGAIN_MS = 1_000;
const SLOWEST_MS = 15_000;
const place = document.getElementById("run");
const stage = document.getElementById("stage");
const bar = document.getElementById("bar");
const percent = document.getElementById("percent");
let wait = AGAIN_MS;

function show(told) {
  // A screen reader is told of a new stage, not of each percent.
  if (stage.textContent !== told.stage) stage.textContent = told.stage;
  bar.value = told.percent;
  percent.textContent = `${told.percent} %`;
}

function say(text) {
  if (stage.textContent !== text) stage.textContent = text;
}

async function ask() {
  let answer = null;
  try {
    answer = await fetch(place.dataset.progress, { headers: { accept: "application/json" } });
  } catch {
    say("The server is not reached; it is asked again.");
  }
  if (answer?.redirected || [401, 403].includes(answer?.status)) {
    say("You are signed out: load the page again.");
    return;
  }
  if (answer?.ok) {
    const told = await answer.json();
    if (!told.is_live || told.run !== place.dataset.run) {
      location.reload();
      return;
    }
    show(told);
    wait = AGAIN_MS;
  } else {
    wait = Math.min(SLOWEST_MS, wait * 2);
  }
  setTimeout(ask, wait);
}

setTimeout(ask, AGAIN_MS);

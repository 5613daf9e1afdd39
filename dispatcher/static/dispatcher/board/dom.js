// Making elements without markup in strings: what people typed can never become markup.

export const byId = (id) => document.getElementById(id);

export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "dataset") Object.assign(made.dataset, value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((each) => each !== null && each !== undefined && each !== ""));
  return made;
}

// Many changes of one moment are drawn once, with the next picture.
export function perFrame(draw) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      draw();
    });
  };
}

export function later(run, milliseconds) {
  let timer = 0;
  const ask = (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...given), milliseconds);
  };
  ask.cancel = () => clearTimeout(timer);
  return ask;
}

// At most once in so many milliseconds, however often it is asked for.
export function soon(run, milliseconds) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    setTimeout(() => {
      isAsked = false;
      run();
    }, milliseconds);
  };
}

export function announce(words, isUrgent = false) {
  const place = byId(isUrgent ? "said-now" : "said");
  // The same words twice are read twice only when the text changes.
  place.textContent = place.textContent === words ? `${words} ` : words;
}

export function toast(words, milliseconds = 8000) {
  const shown = make("p", { class: "toast" }, words);
  byId("toasts").append(shown);
  setTimeout(() => shown.remove(), milliseconds);
  return shown;
}

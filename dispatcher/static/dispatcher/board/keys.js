// Keys for who has one hand on the radio; none of them while somebody types.

import { byId } from "./dom.js";

export function listen(deeds) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.closest("input, textarea, select, dialog");
    const deed = deeds[event.key];
    if (!deed || isTyping) return;
    event.preventDefault();
    deed();
  });
}

export function helpDialog() {
  const dialog = byId("help");
  byId("help-open").addEventListener("click", () => dialog.showModal());
  byId("help-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return () => (dialog.open ? dialog.close() : dialog.showModal());
}

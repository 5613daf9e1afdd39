// A second press while the first is on its way does nothing; the server counts one form once anyway.
for (const form of document.querySelectorAll("form.desk-step")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });
}
// A page that comes back from the history may be sent again.
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    location.reload();
  }
});

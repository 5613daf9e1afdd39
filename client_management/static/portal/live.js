// Says that something is new, so that nobody has to load the page again and again.
(function () {
  "use strict";
  const news = document.getElementById("news");
  if (!news || !window.EventSource) return;
  const source = new EventSource(news.dataset.stream);
  for (const name of ["request", "job", "deliverable", "message", "invoice"]) {
    source.addEventListener(name, () => { news.hidden = false; });
  }
})();

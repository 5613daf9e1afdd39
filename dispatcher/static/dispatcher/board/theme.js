// Puts the page into the theme that the admin is in, before anything is painted.
(function () {
  "use strict";
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  // The themed admin keeps JSON, the plain one a bare word.
  function chosen() {
    try {
      return (localStorage.getItem("adminTheme") || localStorage.getItem("theme") || "auto").replace(/"/g, "");
    } catch {
      return "auto";
    }
  }

  function apply() {
    const theme = chosen();
    const isDark = theme === "dark" || (theme !== "light" && system.matches);
    document.documentElement.classList.toggle("dark", isDark);
    document.dispatchEvent(new CustomEvent("theme"));
  }

  apply();
  system.addEventListener("change", apply);
  window.addEventListener("storage", apply);
})();

// "/" goes to the search box of the admin, wherever nothing is being typed.
const box = document.querySelector("#w-search");
const typing = (at) => at.isContentEditable || /^(input|textarea|select)$/i.test(at.tagName);

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !box) return;
  if (typing(event.target)) return;
  event.preventDefault();
  box.focus();
  box.select();
});

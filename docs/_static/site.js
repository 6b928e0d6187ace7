/* The theme's labels open its two drawers by mouse: here by keyboard, too. */
(() => {
  "use strict";
  for (const button of document.querySelectorAll("label > [role=button]")) {
    const box = document.getElementById(button.parentElement.htmlFor);
    const tell = () => button.setAttribute("aria-expanded", String(box.checked));
    const toggle = () => { box.checked = !box.checked; box.dispatchEvent(new Event("change")); };
    box.addEventListener("change", tell);
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      toggle();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !box.checked || !button.checkVisibility()) return;
      toggle();
      button.focus();
    });
    tell();
  }
})();

/* A box that scrolls is in reach of the keyboard, and one that does not is passed by. */
(() => {
  "use strict";
  const BOXES = "pre, .snippet-evidence, .timeline-scroll, .sidebar-scroll, .toc-scroll";
  const look = (boxes) => boxes.forEach((box) => {
    const inside = box.querySelector("a[href], button, input, [tabindex]");
    if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) {
      if (!inside && !box.hasAttribute("tabindex")) box.tabIndex = 0;
    } else if (box.getAttribute("tabindex") === "0") {
      box.removeAttribute("tabindex");
    }
  });
  /* Their sizes change with the window, with what opens, and with a replay. */
  const sizes = new ResizeObserver((entries) => look(entries.map((entry) => entry.target)));
  const begin = () => document.querySelectorAll(BOXES).forEach((box) => sizes.observe(box));
  begin();
  document.addEventListener("livesnippets:swapped", begin);
})();

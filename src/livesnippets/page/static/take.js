/* "copy page" copies its Markdown twin; where that cannot be, it is a link to it. */
(() => {
  "use strict";
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.(".take-page");
    if (!link || location.protocol === "file:" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    try {
      const text = fetch(link.href).then(async (found) => {
        if (!found.ok) throw new Error(found.statusText);
        return new Blob([await found.text()], { type: "text/plain" });
      });
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
      link.parentElement.querySelector("[role=status]").textContent = "copied";
    } catch {
      location.href = link.href;
    }
  });
})();

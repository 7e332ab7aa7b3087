// Keys on pages of staff: one that prints a label once more, and digits to press for a PIN. None of it is needed.
"use strict";
(() => {
  // One key prints the label of the focused row once more; its reason is asked on the next page.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "r" || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.target.closest && event.target.closest("[data-again]");
    const link = row && row.querySelector("a[href*='/again']");
    if (link) link.click();
  });

  // Only where the PIN is all that the form asks for: the keys take the place of the line with its button.
  const pin = document.querySelector("input[data-pad]");
  if (pin) {
    const pad = document.createElement("div");
    pad.className = "pad";
    pad.setAttribute("role", "group");
    pad.setAttribute("aria-label", pin.dataset.pad);
    const open = pin.form.querySelector("button");
    for (const key of ["1", "2", "3", "4", "5", "6", "7", "8", "9", "⌫", "0"]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "two";
      button.textContent = key;
      if (key === "⌫") button.setAttribute("aria-label", pin.dataset.delete);
      button.addEventListener("click", () => {
        pin.value = key === "⌫" ? pin.value.slice(0, -1) : (pin.value + key).slice(0, 8);
      });
      pad.append(button);
    }
    open.parentElement.replaceWith(pad);
    pad.append(open);
  }
})();

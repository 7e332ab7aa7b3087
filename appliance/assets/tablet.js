// What pages do on a tablet that many use: only such a tablet fetches it.
"use strict";
(() => {
  // On a shared tablet: nobody finds the page of whoever went away, and nothing that was entered goes without a press.
  // What is to be done after so many seconds without a touch: stay, count, leave, or ask.
  const homeStep = (idle, limits, entered) => {
    if (entered) return idle < limits.ask ? "stay" : "ask";
    if (idle >= limits.leave) return "leave";
    return idle < limits.leave - limits.count ? "stay" : "count";
  };
  const isEntered = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.type === "file") return field.files.length > 0;
    if (field.options) {
      const set = [...field.options].findIndex((option) => option.defaultSelected);
      return field.selectedIndex !== Math.max(0, set);
    }
    return field.type !== "hidden" && field.value !== field.defaultValue;
  };
  const still = document.querySelector("#still");
  if (still) {
    const { homeAfter, homeAsk, homeCount } = document.body.dataset;
    const limits = { leave: Number(homeAfter), ask: Number(homeAsk), count: Number(homeCount) };
    const leaving = document.querySelector("#leaving");
    const seconds = leaving.querySelector("[role=timer]");
    // Of two clocks the one that went further: one stands while some tablets sleep, the other may be set.
    const times = () => [performance.now(), Date.now()];
    const secondsSince = (then) => Math.max(...times().map((time, at) => time - then[at])) / 1000;
    let touched = times();
    let seen = times();
    const touch = () => {
      touched = times();
      leaving.hidden = true;
    };
    // A page with a problem or a contact time holds what was entered on the page before.
    const holds = () => document.querySelector(".problem, #wet[data-left]")
      || [...document.querySelectorAll("input, select, textarea")].some(isEntered);
    // While a contact time runs or something is sent, it stays.
    const look = () => {
      if (still.open) return;
      // Whoever comes next is not to record by the PIN of whoever went away.
      if (secondsSince(seen) >= limits.leave) {
        for (const pin of document.querySelectorAll("input[type=password]")) pin.value = "";
      }
      if (document.querySelector("#wet [role=timer], form[aria-busy]")) return touch();
      const idle = secondsSince(touched);
      const step = homeStep(idle, limits, holds());
      leaving.hidden = step !== "count";
      if (step === "count") seconds.textContent = Math.ceil(limits.leave - idle);
      if (step === "leave") return location.replace("/");
      if (step !== "ask") return;
      still.showModal();
    };
    still.addEventListener("submit", (event) => {
      if (event.submitter.value === "leave") location.replace("/");
    });
    for (const event of ["pointerdown", "keydown", "input", "scroll", "submit"]) {
      document.addEventListener(event, () => {
        look();
        seen = times();
        touch();
      }, { capture: true, passive: true });
    }
    setInterval(look, 500);
  }
})();

// What pages gain by script: a countdown, a lighter photo, and a record that does not go where nobody answers. None of it is needed.
"use strict";
(() => {
  const SIDE_MAX = 2048;
  const QUALITY = 0.85;

  const problem = document.querySelector(".problem");
  if (problem) problem.focus();

  // Counts down from what the server said was left, so what the phone's clock says does not matter. Some browsers stop one
  // of the two counts while the phone sleeps: the one that went on is right.
  const wet = document.querySelector("#wet[data-left]");
  if (wet) {
    let begun = [performance.now(), Date.now()];
    const passed = () => Math.max(performance.now() - begun[0], Date.now() - begun[1]);
    let ends = Number(wet.dataset.left) * 1000;
    let over = false;
    const all = Number(wet.dataset.all);
    const timer = wet.querySelector("[role=timer]");
    const bar = wet.querySelector("progress");
    const say = wet.querySelector("[data-say]");
    const foot = document.querySelector("#foot");
    const after = document.querySelector("#foot-after");
    // What the page says while it is pressed too early; the box would say the same.
    foot.addEventListener("click", (event) => {
      const go = event.target.closest("[aria-disabled]");
      if (!go) return;
      event.preventDefault();
      say.textContent = go.textContent;
    });
    // Two tones that nobody takes for each other; a browser makes none before somebody has touched the page.
    const beep = () => {
      const touched = !navigator.userActivation || navigator.userActivation.hasBeenActive;
      if (!touched) return;
      if (navigator.vibrate) navigator.vibrate(300);
      try {
        const audio = new AudioContext();
        const tone = audio.createOscillator();
        tone.frequency.value = 880;
        tone.connect(audio.destination);
        tone.start();
        tone.frequency.setValueAtTime(1320, audio.currentTime + 0.15);
        tone.stop(audio.currentTime + 0.3);
        tone.onended = () => audio.close();
      } catch {
        // A browser without sound: the words are there.
      }
    };
    // The card as the server shows it when the time is over, and no more line about it in “There is a problem”.
    const finish = () => {
      const held = wet.contains(document.activeElement) || (problem && problem.contains(document.activeElement));
      const done = wet.querySelector("template").content;
      for (const part of [...wet.children]) if (part !== say) part.remove();
      wet.prepend(done);
      const pressed = foot.contains(document.activeElement);
      foot.replaceChildren(...after.content.children);
      if (pressed) foot.querySelector(".go").focus({ preventScroll: true });
      wet.classList.remove("bad");
      wet.classList.add("said");
      const line = problem && problem.querySelector("a[href='#wet']");
      if (line) line.closest("li").remove();
      if (problem && !problem.querySelector("li")) problem.remove();
      if (held && document.activeElement === document.body) wet.focus({ preventScroll: true });
    };
    // Where the browser did not follow the address to the timer.
    if (!problem) {
      const { top, bottom } = wet.getBoundingClientRect();
      if (top < 0 || bottom > innerHeight) wet.scrollIntoView();
    }
    const tick = () => {
      if (over) return;
      const left = Math.max(0, Math.ceil((ends - passed()) / 1000));
      const words = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      timer.textContent = words;
      foot.querySelector("[data-countdown]").textContent = words;
      bar.value = all - left;
      if (left === 60) say.textContent = say.dataset.minute;
      if (left === 10) say.textContent = say.dataset.tenSeconds;
      if (left > 0) return;
      over = true;
      clearInterval(counting);
      finish();
      say.textContent = say.dataset.over;
      beep();
    };
    const counting = setInterval(tick, 250);
    // A phone that slept counted too little, and somebody else may have started the time anew: the box knows.
    const ask = async () => {
      if (over || document.hidden) return;
      try {
        const answer = await fetch(wet.dataset.ask, { headers: { accept: "application/json" } });
        const known = await answer.json();
        if (known.state === "none" || known.state === "rebooted") return void location.reload();
        ends = known.left_ms;
        begun = [performance.now(), Date.now()];
        tick();
      } catch {
        // The box does not answer: what the page counts is the best there is.
      }
    };
    document.addEventListener("visibilitychange", ask);
    addEventListener("pageshow", (event) => event.persisted && ask());
    setInterval(ask, 60_000);
    tick();
  }

  // A phone's photo is 5 MB; what the box keeps is a tenth of that, so it may as well be sent so.
  const photo = document.querySelector("input[type=file][name=photo]");
  if (photo && window.createImageBitmap && window.DataTransfer) {
    photo.addEventListener("change", async () => {
      const file = photo.files[0];
      if (!file) return;
      try {
        const image = await createImageBitmap(file, { imageOrientation: "from-image" });
        const scale = Math.min(1, SIDE_MAX / Math.max(image.width, image.height));
        const canvas = document.createElement("canvas");
        canvas.width = Math.round(image.width * scale);
        canvas.height = Math.round(image.height * scale);
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
        if (!blob || blob.size >= file.size) return;
        const list = new DataTransfer();
        list.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
        photo.files = list.files;
      } catch {
        // The browser cannot open it; the box will say what is wrong with it.
      }
    });
  }

  // “All steps” and the steps are two ways to say the same.
  const every = document.querySelector("#step-all");
  if (every) {
    const steps = [...document.querySelectorAll("input[name=step]")];
    const needed = steps.filter((step) => !step.parentElement.querySelector("small"));
    every.addEventListener("change", () => needed.forEach((step) => (step.checked = every.checked)));
    for (const step of steps) {
      step.addEventListener("change", () => (every.checked = needed.every((other) => other.checked)));
    }
  }

  // A browser that cannot send a form takes the page away, with all that is on it: whether the box answers is asked first.
  const silent = document.querySelector("#silent");
  const words = silent && silent.textContent;
  let patience = 2000;

  // One press says so; the server makes a second one harmless.
  for (const form of document.querySelectorAll("form[method=post]")) {
    let held;
    const release = () => {
      form.removeAttribute("aria-busy");
      if (held) held[0].textContent = held[1];
      held = undefined;
    };
    // Back from the next page: what was typed is still here, so the button has to be as well.
    addEventListener("pageshow", release);

    let step = "press";
    const isThere = async () => {
      const limit = new AbortController();
      // The line may be slow, and not dead: the next press waits longer.
      const timer = setTimeout(() => {
        patience = 10000;
        limit.abort();
      }, patience);
      const options = { cache: "no-store", signal: limit.signal };
      const answer = await fetch("/api/v1/submissions/state", options);
      clearTimeout(timer);
      // Whoever else answers here, such as the Wi-Fi's own page, is not the box.
      return (answer.headers.get("content-type") || "").includes("json");
    };
    // With the installed page on this phone the record waits there. What other buttons do only the box can do.
    const take = async (by, press) => {
      const records = !by || !by.name || ["unproven", "look", "finish"].some((one) => one === by.name || one === by.value);
      if (!records || !form.contains(silent) || !navigator.serviceWorker.controller) return words;
      await import(silent.dataset.queue);
      return phoneQueue.takePage(form, press, by);
    };
    const record = async (by) => {
      const press = [Date.now(), Math.round(performance.now())];
      step = "ask";
      if (await isThere().catch(() => false)) {
        step = "send";
        // The foot may have become another one meanwhile: what was pressed is what goes.
        if (by && !by.isConnected) form.append(by);
        form.requestSubmit(by);
      } else {
        const open = await take(by, press).catch(() => words);
        if (open) {
          release();
          silent.textContent = open;
          silent.hidden = false;
          silent.focus();
        }
      }
      step = "press";
    };

    form.addEventListener("submit", (event) => {
      const by = event.submitter;
      const go = by || form.querySelector(".bar .go");
      if (silent && form.requestSubmit && step !== "send") {
        event.preventDefault();
        if (step === "press") record(by);
      }
      form.setAttribute("aria-busy", "true");
      if (held || !go || !go.dataset.busy) return;
      held = [go, go.textContent];
      setTimeout(() => held && (go.textContent = go.dataset.busy), 0);
    });
  }
})();

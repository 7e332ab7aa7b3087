// Passkeys: the browser's own dialogue fills in a field of the form before the form is sent.
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const field = form.querySelector("input[data-answer]");
  const button = form.querySelector("button[data-use]");
  const words = form.querySelectorAll("[data-words]");

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer || [])))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const known = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));
  const say = (name) => words.forEach((one) => (one.hidden = one.dataset.words !== name));

  async function create(options) {
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = known(options.excludeCredentials);
    const { rawId, response } = await navigator.credentials.create({ publicKey: options });
    const transports = response.getTransports ? response.getTransports() : [];
    return [text(rawId), text(response.clientDataJSON), text(response.attestationObject), transports.join(",")];
  }

  async function get(options) {
    options.allowCredentials = known(options.allowCredentials);
    const { rawId, response } = await navigator.credentials.get({ publicKey: options });
    return [rawId, response.clientDataJSON, response.authenticatorData, response.signature, response.userHandle].map(text);
  }

  async function run() {
    say("");
    button.disabled = true;
    try {
      const options = JSON.parse(form.dataset.options);
      options.challenge = bytes(options.challenge);
      const parts = await (form.dataset.passkey === "create" ? create(options) : get(options));
      field.value = parts.join(".");
      form.submit();
    } catch (error) {
      say(error.name === "InvalidStateError" ? "there" : "failed");
      button.disabled = false;
    }
  }

  if (!window.PublicKeyCredential) return say("missing");
  button.hidden = false;
  form.addEventListener("submit", (event) => {
    // Another button is another way.
    if (event.submitter && event.submitter !== button) return;
    event.preventDefault();
    run();
  });
  if (form.hasAttribute("data-at-once")) run();
})();

// Makes and uses passkeys. A form with data-passkey="create" or "get" sends what the browser's authenticator says.
// Forms to sign in are hidden where the browser has no passkeys: without HTTPS it never has.

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Options as JSON carries them, with bytes where the browser wants bytes. */
function readable({ publicKey }) {
  const described = (found) => ({ ...found, id: bytes(found.id) });
  const made = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (made.user) made.user = described(made.user);
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (made[list]) made[list] = made[list].map(described);
  }
  if (made.authenticatorSelection) {
    made.authenticatorSelection = {
      ...made.authenticatorSelection,
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    };
  }
  return { publicKey: made };
}

/** What the authenticator answered, as JSON carries it. */
function sendable(credential) {
  const names = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = names.filter((name) => credential.response[name]);
  return {
    type: credential.type,
    id: credential.id,
    rawId: text(credential.rawId),
    response: Object.fromEntries(given.map((name) => [name, text(credential.response[name])])),
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function options(form) {
  if (!form.dataset.options) return JSON.parse(document.getElementById("passkey-options").textContent);
  const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`no options: ${answer.status}`);
  return (await answer.json()).request_options;
}

async function ask(form) {
  const problem = form.querySelector("[data-passkey-problem]");
  problem.hidden = true;
  try {
    const credential = await navigator.credentials[form.dataset.passkey](readable(await options(form)));
    form.elements.credential.value = JSON.stringify(sendable(credential));
    form.submit();
  } catch (error) {
    console.info(error);
    problem.hidden = false;
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  }
}

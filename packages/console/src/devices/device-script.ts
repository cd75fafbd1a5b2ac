import { constant, type Html, html } from "../html.ts";
import type { FormKey } from "../protection/model.ts";
import { formEnd, hidden } from "../protection/parts.ts";

/**
 * Makes the key of a device, keeps it where only these pages reach it, and signs with it. The private key can be used
 * here and taken out by nobody: it was made so that it cannot be read.
 */
const SCRIPT = `
(async () => {
  const forms = [...document.querySelectorAll("form[data-device]")];
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const text = new TextEncoder();
  const code = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const base = await new Promise((done, failed) => {
    const asked = indexedDB.open("postern-device", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("keys");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const store = (mode, act) => new Promise((done, failed) => {
    const change = base.transaction("keys", mode);
    const asked = act(change.objectStore("keys"));
    change.oncomplete = () => done(asked.result);
    change.onerror = () => failed(change.error);
  });
  const make = async (account) => {
    const pair = await crypto.subtle.generateKey(curve, false, ["sign"]);
    const { x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    const jwk = { crv: "P-256", kty: "EC", x, y };
    const kid = code(await crypto.subtle.digest("SHA-256", text.encode(JSON.stringify(jwk))));
    const made = { key: pair.privateKey, jwk, kid };
    await store("readwrite", (keys) => keys.put(made, account));
    return made;
  };
  const sign = async ({ key, jwk, kid }, jti, first) => {
    const head = { typ: "dbsc+jwt", alg: "ES256", kid, ...(first ? { jwk } : {}) };
    const said = [head, { jti, aud: location.origin }].map((one) => code(text.encode(JSON.stringify(one)))).join(".");
    return said + "." + code(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, text.encode(said)));
  };
  for (const form of forms) {
    const { device, account, challenge } = form.dataset;
    const first = device === "create";
    const known = first ? null : await store("readonly", (keys) => keys.get(account));
    if (!first && !known) continue;
    const send = async () => {
      const made = known ?? (await make(account));
      form.elements.namedItem("proof").value = await sign(made, challenge, first);
      form.submit();
    };
    if (device === "now") return await send();
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      form.querySelector("button").disabled = true;
      send().catch(() => {
        form.querySelector("button").disabled = false;
        form.querySelector("[role=status]").textContent = form.dataset.failed;
      });
    });
  }
})().catch(() => {
  for (const one of document.querySelectorAll("[data-device-failed]")) one.hidden = false;
});`;

export function deviceScript(nonce: string): Html {
  return html`<script nonce="${nonce}">${constant(SCRIPT)}</script>`;
}

/** What the script signs, and where what it signed goes. */
export interface DeviceAsked {
  readonly key: FormKey;
  /** Tells the keys of several people in one browser apart. */
  readonly account: string;
  readonly challenge: string;
}

/** Hidden until the script finds that it can do this; `now` does it at once and stays hidden. */
export function deviceForm(form: {
  readonly asked: DeviceAsked;
  readonly use: "create" | "prove" | "now";
  readonly label: string;
  readonly failed: string;
  readonly first: boolean;
  readonly inside?: Html;
}): Html {
  const { key, account, challenge } = form.asked;
  return html`<form method="post" action="${key.action}" data-device="${form.use}" data-account="${account}" data-challenge="${challenge}" data-failed="${form.failed}" hidden>${hidden("nonce", key.nonce)}${hidden("proof", "")}
${form.inside ?? null}${form.use !== "now" && html`<p class="acts"><button class="button${form.first ? " one" : ""}">${form.label}</button></p><p role="status" class="note"></p>`}${formEnd}`;
}

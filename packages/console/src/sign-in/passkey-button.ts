import { constant, type Html, html } from "../html.ts";
import type { FormKey } from "../protection/model.ts";
import { formEnd, hidden } from "../protection/parts.ts";

/** Asks the browser for a passkey and sends its answer with the form that the button is in. The only script there is. */
const SCRIPT = `
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const P = window.PublicKeyCredential;
  if (!P || !P.parseRequestOptionsFromJSON) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const told = form.querySelector("[role=status]");
    const make = form.dataset.passkey === "create";
    const given = JSON.parse(form.dataset.options);
    button.disabled = true;
    told.textContent = "";
    try {
      const publicKey = make ? P.parseCreationOptionsFromJSON(given) : P.parseRequestOptionsFromJSON(given);
      const made = await navigator.credentials[make ? "create" : "get"]({ publicKey });
      form.elements.namedItem("response").value = JSON.stringify(made.toJSON());
      const said = form.querySelector("input[type=hidden][name=shared]");
      const tick = document.querySelector("input[type=checkbox][name=shared]");
      if (said && tick && tick.checked) said.value = "yes";
      form.submit();
    } catch {
      button.disabled = false;
      told.textContent = form.dataset.failed;
    }
  });
}`;

export function passkeyScript(nonce: string): Html {
  return html`<script nonce="${nonce}">${constant(SCRIPT)}</script>`;
}

/** Hidden until the script finds that this browser knows passkeys. */
export function passkeyForm(form: {
  readonly key: FormKey;
  readonly use: "get" | "create";
  /** In their JSON form. */
  readonly options: unknown;
  readonly label: string;
  readonly note: string;
  readonly failed: string;
  readonly noScript: string;
  readonly inside?: Html;
  readonly first: boolean;
}): Html {
  return html`<noscript><p class="note">${form.noScript}</p></noscript>
<form method="post" action="${form.key.action}" data-passkey="${form.use}" data-options="${JSON.stringify(form.options)}" data-failed="${form.failed}" hidden>${hidden("nonce", form.key.nonce)}${hidden("response", "")}
${form.inside ?? null}<p class="acts"><button class="button${form.first ? " one" : ""}" aria-describedby="passkey-note">${form.label}</button></p><p class="note" id="passkey-note">${form.note}</p><p role="status" class="note"></p>${formEnd}`;
}

/** Recalls a payout without leaving the page. Where this does not run, the same form is sent as any other. */
export const RECALL: string = `import { StepUpError, withStepUp } from "POSTERN";

const send = withStepUp();
const said = document.querySelector("#said");
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form.recall")) return;
  event.preventDefault();
  const button = form.querySelector("button");
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await send(form.action, { method: "POST", body, headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error("it was answered " + answer.status);
    const { payee } = await answer.json();
    form.closest("tr").remove();
    said.textContent = "Recalled: " + payee;
  } catch (error) {
    const cancelled = error instanceof StepUpError && error.code === "cancelled";
    said.textContent = cancelled ? "Not recalled: you cancelled." : "That did not work. Nothing was recalled.";
    button.removeAttribute("aria-disabled");
  }
});
`;

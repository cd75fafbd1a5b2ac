import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Html, html } from "../html.ts";
import { notice } from "../layout.ts";
import { euros } from "../sample.ts";
import type { Draft } from "../store.ts";
import { field, type Shop, seeOther } from "./deps.ts";

const EMPTY: Draft = { payee: "", amount: "", note: "" };
const MOST = 1_000_000_00;

/**
 * What is typed is kept as a draft before the code is asked for, so that the way through the code and back
 * loses nothing. Checking and paying are what policy calls sensitive; typing is not.
 */
export function payoutRoutes(app: FastifyInstance, shop: Shop): void {
  const nameOf = (request: FastifyRequest): string => shop.by(request).name ?? "";

  app.get("/payouts", (request, reply) => {
    const draft = shop.store.draft(nameOf(request));
    return shop.show(request, reply, {
      title: "Payouts",
      body: html`${draft === null ? null : html`<p class="said">We kept what you typed.</p>`}
        ${form(shop, draft ?? EMPTY)}${paid(shop)}`,
      script: "/assets/recall.js",
    });
  });

  app.post("/payouts/draft", (request, reply) => {
    const draft = draftOf(request);
    shop.store.keepDraft(nameOf(request), draft);
    const problem = whyNot(draft);
    if (problem === null) return seeOther(reply, "/payouts/confirm");
    reply.code(422);
    return shop.show(request, reply, {
      title: "Payouts",
      body: html`${notice(problem)}${form(shop, draft)}`,
    });
  });

  app.get("/payouts/confirm", (request, reply) => {
    const draft = shop.store.draft(nameOf(request));
    if (draft === null || whyNot(draft) !== null) return seeOther(reply, "/payouts");
    const cents = centsOf(draft.amount) ?? 0;
    return shop.show(request, reply, {
      title: "Check and pay",
      body: html`<dl><dt>To</dt><dd>${draft.payee}</dd><dt>Amount</dt><dd>${euros(cents)}</dd>
          <dt>Note</dt><dd>${draft.note === "" ? "none" : draft.note}</dd></dl>
        <form method="post" action="/payouts">
          <input type="hidden" name="payee" value="${draft.payee}">
          <input type="hidden" name="amount" value="${draft.amount}">
          <input type="hidden" name="note" value="${draft.note}">
          <button>Pay ${euros(cents)}</button>
        </form>
        <p><a href="/payouts">Change it</a></p>`,
    });
  });

  app.post("/payouts", (request, reply) => {
    const draft = draftOf(request);
    const cents = centsOf(draft.amount);
    const problem = whyNot(draft);
    if (problem !== null || cents === null) {
      reply.code(422);
      return shop.show(request, reply, {
        title: "Payouts",
        body: html`${notice(problem)}${form(shop, draft)}`,
      });
    }
    const name = nameOf(request);
    const paidAt = new Date(shop.now()).toISOString();
    shop.store.pay(name, { payee: draft.payee, amount: cents, note: draft.note, paidBy: name, paidAt });
    return seeOther(reply, "/payouts");
  });

  app.post("/payouts/recall", (request, reply) => {
    const payee = shop.store.recall(Number(field(request, "id", 12)));
    if (request.headers.accept !== "application/json") return seeOther(reply, "/payouts");
    return reply.code(payee === null ? 404 : 200).send({ payee });
  });
}

function draftOf(request: FastifyRequest): Draft {
  return {
    payee: field(request, "payee", 120),
    amount: field(request, "amount", 20),
    note: field(request, "note", 200),
  };
}

function whyNot({ payee, amount }: Draft): string | null {
  if (payee === "") return "Please say who is to be paid.";
  const cents = centsOf(amount);
  return cents === null || cents < 1 || cents > MOST ? "Please give an amount such as 120.50." : null;
}

/** `120`, `120.5` or `120.50`. */
function centsOf(amount: string): number | null {
  const read = /^(\d{1,9})(?:[.,](\d{1,2}))?$/.exec(amount);
  return read === null ? null : Number(read[1]) * 100 + Number((read[2] ?? "0").padEnd(2, "0"));
}

/** With Postern's sign-in a form needs no draft: it waits at the gateway while the step is taken, and goes on as it is. */
function form({ signIn }: Shop, draft: Draft): Html {
  const [action, label] = signIn === "own" ? ["/payouts/draft", "Go on"] : ["/payouts", "Pay"];
  return html`<form class="kept" id="payout" method="post" action="${action}">
      <p class="put-back" role="status"></p>
      <label for="payee">Pay to</label>
      <input id="payee" name="payee" value="${draft.payee}" maxlength="120" required>
      <label for="amount">Amount in euros</label>
      <input id="amount" name="amount" value="${draft.amount}" inputmode="decimal" required>
      <label for="note">Note</label>
      <input id="note" name="note" value="${draft.note}" maxlength="200">
      <button>${label}</button>
      <p class="hint">Payouts always ask you to show again that it is you. What you type is kept meanwhile.</p>
    </form>`;
}

function paid(shop: Shop): Html | null {
  const payouts = shop.store.payouts(20);
  if (payouts.length === 0) return null;
  return html`<h2 id="paid">Paid</h2><div class="wide" role="region" aria-labelledby="paid" tabindex="0"><table><thead><tr><th>To</th><th class="figure">Amount</th><th>By</th><th>When (UTC)</th><th><span class="away">Recall</span></th></tr></thead>
    <tbody>${payouts.map(
      (one) =>
        html`<tr><td>${one.payee}</td><td class="figure">${euros(one.amount)}</td><td>${one.paidBy}</td><td>${one.paidAt.slice(0, 16).replace("T", " ")}</td><td><form class="recall" method="post" action="/payouts/recall"><input type="hidden" name="id" value="${one.id}"><button class="quiet" aria-label="Recall the payout to ${one.payee}">Recall</button></form></td></tr>`,
    )}</tbody></table></div><p id="said" role="status"></p>`;
}

import { inboxPage } from "@postern/console";
import type { Acting } from "./acts.ts";
import { goTo, showPage } from "./exchange.ts";
import { refused } from "./refused.ts";
import type { Showing } from "./showing.ts";
import { BASE, formKey, INBOX } from "./view.ts";

/** A person's own messages. No address names a person, so nobody can ask for another's. */
export async function showInbox({ exchange, visit, wiring }: Showing): Promise<void> {
  const found = await wiring.service.notices.inbox({ kind: "session", session: visit.session });
  if (!found.ok) return refused(exchange, found.refusal);
  const page = inboxPage(exchange.shell, {
    now: wiring.world.wall(),
    base: BASE,
    messages: found.value.map((one) => {
      if (one.kind === "recovered") return { ...one, at: Date.parse(one.at) };
      const { at, until, holder, ...rest } = one;
      return { ...rest, at: Date.parse(at), until: Date.parse(until), holder: holder?.id ?? null };
    }),
    markRead: ({ id }) => formKey(visit, `${INBOX}/${id}/read`),
    markAll: formKey(visit, `${INBOX}/read`),
  });
  showPage(exchange, 200, page);
}

export async function markRead({ exchange, visit, wiring }: Acting, id: string | null): Promise<void> {
  const done = await wiring.service.notices.markRead({ kind: "session", session: visit.session }, id);
  if (done.ok) return goTo(exchange, INBOX);
  refused(exchange, done.refusal);
}

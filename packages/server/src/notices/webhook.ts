import { formatInstant } from "@postern/core";
import type { NoticeChannel, NoticeMessage, Sent, World } from "@postern/service";
import { Webhook } from "standardwebhooks";

const PATIENCE_MS = 10_000;
/** What a receiver answers is read no further: it may send for ever. */
const ACCEPTED = { from: 200, to: 300 };

/**
 * Notices by HTTP as the Standard Webhooks specification has it: `webhook-id` stays the same for a message however
 * often it is sent, and every attempt is signed anew. Goes to the one address that is configured, and follows no
 * redirect, so that a receiver cannot send Postern elsewhere.
 */
export function webhookChannel(options: {
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: string;
  readonly world: Pick<World, "wall">;
}): NoticeChannel {
  return {
    name: "webhook",
    each: false,
    async send(message) {
      const body = JSON.stringify(payloadOf(message));
      const now = new Date(options.world.wall());
      try {
        const response = await fetch(options.url, {
          method: "POST",
          redirect: "manual",
          signal: AbortSignal.timeout(PATIENCE_MS),
          headers: {
            "content-type": "application/json",
            "user-agent": "Postern",
            ...webhookHeaders(options.secret, message.id, now, body),
          },
          body,
        });
        await response.body?.cancel();
        return answered(response.status);
      } catch (cause) {
        return { kind: "later", why: cause instanceof Error ? cause.name : "no answer" };
      }
    },
  };
}

/** The three headers of a signed delivery (Standard Webhooks 1.0, symmetric). */
export function webhookHeaders(
  secret: string,
  id: string,
  at: Date,
  body: string,
): Readonly<Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>> {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
}

function answered(status: number): Sent {
  if (status >= ACCEPTED.from && status < ACCEPTED.to) return { kind: "delivered" };
  return { kind: "later", why: `the receiver answered ${status === 0 ? "a redirect" : status}` };
}

/** References only: who may know more asks the API for the opt-out. */
export function payloadOf(message: NoticeMessage): Readonly<Record<string, unknown>> {
  if (message.kind === "recovered") {
    const data = { subject: message.subject };
    return { type: "recovery.finished", timestamp: formatInstant(message.at), data };
  }
  const { kind, at, optOut, control, offer, until, cause } = message;
  return {
    type: `opt-out.${kind}`,
    timestamp: formatInstant(at),
    data: { optOut, control, offer, until: formatInstant(until), ...(cause === null ? {} : { cause }) },
  };
}

import { boundedFetch, mayBeAsked, signSecurityEvent } from "@postern/identity";
import type { OutboundEvent, PushOutcome, Service } from "@postern/service";

/** Our side of a stream: the tokens, and pushing them (RFC 8935). */
export interface Transmitter {
  /** Names us in tokens. */
  issuer(): string;
  sign(event: OutboundEvent, audience: string): Promise<string>;
  /** Whether a receiver may be pushed to there. */
  mayPush(endpoint: string): boolean;
  push(
    to: { readonly endpoint: string; readonly authorization: string | null; readonly audience: string },
    event: OutboundEvent,
  ): Promise<PushOutcome>;
}

function hostOf(address: string): string {
  const { hostname, port } = new URL(address);
  return `${hostname.replace(/\.+$/, "")}:${port}`;
}

export function createTransmitter(
  { node }: Pick<Service, "node">,
  places: { control(): string; people(): string; gateway(): string | null },
): Transmitter {
  const issuer = (): string => places.control();

  function subjectOf({ about, stream }: OutboundEvent): object {
    if (about === null) return { format: "opaque", id: stream };
    const { user, userAs, device, session } = about;
    const known = { format: "iss_sub", iss: `${places.people()}/oidc`, sub: user };
    const person = user === null ? null : typeof userAs === "object" && userAs !== null ? userAs : known;
    if (device === null && session === null && person !== null) return person;
    return {
      format: "complex",
      ...(person === null ? {} : { user: person }),
      ...(device === null ? {} : { device: { format: "opaque", id: device } }),
      ...(session === null ? {} : { session: { format: "opaque", id: session } }),
    };
  }

  async function sign(event: OutboundEvent, audience: string): Promise<string> {
    const [key] = node.openidKeys();
    if (key === undefined) throw new Error("there is no key to sign with");
    return await signSecurityEvent(key, {
      iss: issuer(),
      aud: audience,
      jti: event.jti,
      iat: Math.floor(event.at / 1000),
      txn: event.txn,
      sub_id: subjectOf(event),
      events: { [event.uri]: event.claims },
    });
  }

  return {
    issuer,
    sign,
    // What is ours is no receiver of another party: a push there would be a request of ours to ourselves.
    mayPush: (endpoint) =>
      mayBeAsked(endpoint, places.control()) &&
      ![places.control(), places.people(), places.gateway()].some(
        (own) => own !== null && hostOf(own) === hostOf(endpoint),
      ),
    async push({ endpoint, authorization, audience }, event) {
      let answer: Response;
      try {
        answer = await boundedFetch(endpoint, {
          method: "POST",
          headers: {
            "content-type": "application/secevent+jwt",
            accept: "application/json",
            ...(authorization === null ? {} : { authorization }),
          },
          body: await sign(event, audience),
        });
      } catch (error) {
        return { kind: "later", why: error instanceof Error ? error.name : "unknown" };
      }
      if (answer.status === 202 || answer.status === 200) return { kind: "accepted" };
      const err = answer.status === 400 ? await errorOf(answer) : null;
      // Of the token alone: what is amiss with keys or rights may be mended there (RFC 8935 section 2.4).
      return err === "invalid_request"
        ? { kind: "refused", why: err }
        : { kind: "later", why: err ?? `status ${answer.status}` };
    },
  };
}

async function errorOf(answer: Response): Promise<string | null> {
  try {
    const body: unknown = await answer.json();
    const err = typeof body === "object" && body !== null && "err" in body ? body.err : null;
    return typeof err === "string" ? err.slice(0, 64) : null;
  } catch {
    return null;
  }
}

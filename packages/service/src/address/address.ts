import { createHash, timingSafeEqual } from "node:crypto";
import { formatInstant, refuse, type Session, type SessionId } from "@postern/core";
import { draftEntity } from "../entities/entities.ts";
import { mayChangeFactors } from "../factors/authority.ts";
import type { FactorParts } from "../factors/factor-parts.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import type { AddressCodes } from "../ports/address-code.ts";
import { problem } from "../problem.ts";
import type { AddressService } from "../service.ts";
import { ADDRESS_SHOWN, ADDRESS_VERIFIED } from "../states/states.ts";

const GOOD_FOR_MS = 600_000;
const MOST_TRIES = 5;
const SPAN_MS = 3_600_000;
/** Codes within an hour, for one person and to one address, whoever asks. */
const MOST_SENT = 5;
const MOST_OPEN = 10_000;
const DIGITS = 8;

interface Open {
  readonly address: string;
  readonly hash: Buffer;
  readonly until: number;
  tries: number;
}

/** Codes that are open and counts of what was sent are memory of one node: losing them means asking again. */
export function addressService(
  parts: FactorParts & { readonly codesByMail: AddressCodes; readonly attribute: string },
): AddressService {
  const { state, writer, directory, clock, world, pool, codesByMail, attribute } = parts;
  const open = new Map<SessionId, Open>();
  const sent = new Map<string, { count: number; readonly since: number }>();

  const maySend = (key: string): boolean => {
    const now = world.monotonic();
    for (const [one, { since }] of sent) {
      if (now - since < SPAN_MS && sent.size < MOST_OPEN) break;
      sent.delete(one);
    }
    const known = sent.get(key) ?? { count: 0, since: now };
    if (known.count >= MOST_SENT) return false;
    known.count += 1;
    sent.set(key, known);
    return true;
  };
  const hashOf = (session: SessionId, code: string): Buffer =>
    createHash("sha256").update(`${session} ${code}`).digest();
  const newCode = (): string => {
    // 48 bits over 10^8 codes: what is left over favours none that matters.
    const number = Buffer.from(pool.take(6)).readUIntBE(0, 6) % 10 ** DIGITS;
    return String(number).padStart(DIGITS, "0");
  };
  const wrong = () =>
    refuse(problem("address.wrong", "the code does not fit, was used, or its ten minutes are over"));

  return {
    current({ subject }) {
      const held = directory.open(subject)?.attributes[attribute];
      const since = state.entity(subject)?.states[ADDRESS_VERIFIED];
      return {
        address: typeof held === "string" && held !== "" ? held : null,
        verifiedAt: since === undefined ? null : formatInstant(since),
      };
    },
    pending: (session) => {
      const one = open.get(session.id);
      return one !== undefined && world.monotonic() < one.until ? one.address : null;
    },
    async begin(session, given) {
      const allowed = mayChangeFactors(state, session, clock.now().latest);
      if (!allowed.ok) return allowed;
      const address = given.trim();
      if (!codesByMail.isAddress(address))
        return refuse(problem("address.malformed", "expected one mail address, such as `ana@example.org`"));
      // Strangers who had codes sent to it keep nobody from their own address.
      const isOwn = directory.open(session.subject)?.attributes[attribute] === address;
      const tooMany =
        !maySend(session.subject) || (!isOwn && !maySend(directory.blind({ type: "address", id: address })));
      if (tooMany)
        return refuse(problem("address.throttled", "too many codes were sent; wait an hour, then try again"));
      const code = newCode();
      if (open.size >= MOST_OPEN) open.clear();
      const until = world.monotonic() + GOOD_FOR_MS;
      open.set(session.id, { address, hash: hashOf(session.id, code), until, tries: 0 });
      return (await codesByMail.send(address, code))
        ? { ok: true, value: null }
        : refuse(problem("address.unreachable", "the code could not be sent; try again later"));
    },
    async finish(session: Session, code) {
      const allowed = mayChangeFactors(state, session, clock.now().latest);
      if (!allowed.ok) return allowed;
      const one = open.get(session.id);
      if (one === undefined || world.monotonic() >= one.until) return wrong();
      one.tries += 1;
      if (one.tries >= MOST_TRIES) open.delete(session.id);
      if (!timingSafeEqual(one.hash, hashOf(session.id, code.replaceAll(/\s/g, "")))) return wrong();
      // Used up before it is recorded: what then fails is asked for again.
      open.delete(session.id);
      const { subject } = session;
      return await writer.submit({
        by: { person: subject, via: session.id },
        touches: [
          `entity:${state.entity(subject)?.blind ?? subject}`,
          `session:${session.id}`,
          holderTouch(subject),
        ],
        run(now, at) {
          const may = mayChangeFactors(now, session, at);
          if (!may.ok) return may;
          const entity = now.entity(subject);
          const opened = entity === undefined ? null : directory.open(subject);
          if (entity === undefined || opened === null) return wrong();
          const { draft } = draftEntity(
            parts,
            { person: subject, via: session.id },
            opened.name,
            {
              attributes: { ...opened.attributes, [attribute]: one.address },
              states: { ...entity.states, [ADDRESS_VERIFIED]: at, [ADDRESS_SHOWN]: at },
              shared: entity.shared,
            },
            entity,
          );
          return { ok: true, value: { events: [draft.event], done: () => null } };
        },
      });
    },
  };
}

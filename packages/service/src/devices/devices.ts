import {
  type Assurance,
  type Device,
  type DeviceRef,
  formatInstant,
  type Instant,
  makeId,
  milliseconds,
  type Result,
  reaches,
  refuse,
  rungOf,
  type Session,
  sessionIsLive,
  trustedUntil,
  within,
} from "@postern/core";
import { needScope, notFound } from "../access.ts";
import { actorOf, type Caller, mayUse, personOf } from "../caller.ts";
import { draftEntity } from "../entities/entities.ts";
import { levelToChange } from "../factors/authority.ts";
import { labelOf } from "../factors/enrolment.ts";
import type { FactorParts } from "../factors/factor-parts.ts";
import { pageOf } from "../page.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import type { DeviceService } from "../service.ts";
import type { DeviceView } from "../views.ts";
import { openDevice, sealDevice } from "./box.ts";
import { deviceChallenges } from "./challenges.ts";
import { proofCookie } from "./proof-cookie.ts";
import { deviceRevocation, deviceTouches } from "./revocation.ts";
import { longestTrust, untilOf } from "./until.ts";

/** How fresh the sign-in must be on which a registration or a renewal rests. */
const FRESH = milliseconds(5 * 60_000);
const MOST_DEVICES = 20;

export function deviceService(parts: FactorParts): DeviceService {
  const { state, writer, directory, clock, world, pool, authenticators } = parts;
  const { devices: proofs, party } = authenticators;
  const challenges = deviceChallenges(world, pool);

  const longest = () => longestTrust(parts.policy());
  const stands = (device: Device, latest: Instant): boolean => latest < untilOf(device, parts.policy());
  const stateOf = (device: Device): DeviceView["state"] => {
    if (device.revokedAt !== null) return "revoked";
    return stands(device, clock.now().latest) ? "trusted" : "ended";
  };
  const view = (device: Device, here: DeviceRef | null = null): DeviceView => ({
    id: device.id,
    subject: directory.name(device.subject) ?? { type: "erased", id: device.subject },
    label: openDevice(parts, device)?.label ?? "",
    state: stateOf(device),
    registeredAt: formatInstant(device.registeredAt),
    expiresAt: formatInstant(untilOf({ ...device, revokedAt: null }, parts.policy())),
    revokedAt: device.revokedAt === null ? null : formatInstant(device.revokedAt),
    here: here === device.id,
  });
  const touchesOf = ({ subject, id }: Session): readonly string[] => [
    `entity:${state.entity(subject)?.blind ?? subject}`,
    `session:${id}`,
  ];
  const by = ({ subject, id }: Session): DraftEvent["by"] => ({ person: subject, via: id });
  const own = (now: State, session: Session, id: string): Device | null => {
    const device = now.device(id);
    return device !== undefined && device.subject === session.subject ? device : null;
  };
  const notProved = () =>
    refuse(problem("device.not_proved", "the device could not be checked; begin again from its page"));

  /** The session as it is now, if it is live and may have a trusted device at all. */
  function usable(now: State, session: Session, at: Instant): Result<Session, Problem> {
    const live = now.countingSession(session.id);
    if (live === undefined || !sessionIsLive(live, at))
      return refuse(problem("session.ended", "the session has ended; sign in again"));
    // Unknown counts as shared (Law 5).
    if (live.shared !== false)
      return refuse(
        problem(
          "device.shared",
          "a device is trusted only where nobody else uses it; this one is shared or may be",
        ),
      );
    return { ok: true, value: live };
  }

  /** Trust rests on all that the account can be proved with, done just now; a recovery code is no part of that. */
  function mayTrust(now: State, session: Session, at: Instant): Result<Session, Problem> {
    const live = usable(now, session, at);
    if (!live.ok) return live;
    const wanted = levelToChange(now, session.subject, at);
    const level: Assurance = rungOf(live.value.methods ?? [], at, within(FRESH))?.acr ?? "none";
    return reaches(level, wanted)
      ? live
      : refuse(
          problem(
            "device.fresh_sign_in",
            `expected a sign-in with Postern at ${wanted} of the last five minutes, got ${level}`,
          ),
        );
  }

  /** The device that a proof is of, if it is this person's and still trusted. */
  async function proved(
    session: Session,
    proof: string,
  ): Promise<{ readonly device: Device; readonly at: Instant } | null> {
    const said = proofs.said(proof);
    const challenge = said === null ? null : challenges.spend(said.challenge, session.id, "proof");
    if (said === null || challenge === null) return null;
    const device = state.deviceByBlind(directory.blind({ type: "device-key", id: said.thumbprint }));
    if (device === undefined || device.subject !== session.subject) return null;
    if (!stands(device, clock.now().latest)) return null;
    const opened = openDevice(parts, device);
    const expected = { challenge: said.challenge, origins: party().origins };
    if (opened === null || !(await proofs.proved(proof, opened.key, expected))) return null;
    return { device, at: challenge.madeAt };
  }

  return {
    own: (session) =>
      state
        .devicesOf(session.subject)
        .toSorted((a, b) => b.registeredAt - a.registeredAt)
        .map((device) => view(device, state.session(session.id)?.device ?? null)),
    mayTrust(session) {
      const allowed = mayTrust(state, session, clock.now().latest);
      return allowed.ok ? { ok: true, value: null } : allowed;
    },
    levelToTrust: (session) => levelToChange(state, session.subject, clock.now().latest),
    challenge: (session, use) => challenges.make(session.id, use, clock.now().earliest),
    /** Whether something may come of asking this browser for a proof. */
    mayProve(session) {
      const { latest } = clock.now();
      return (
        usable(state, session, latest).ok &&
        state.devicesOf(session.subject).some((device) => stands(device, latest))
      );
    },
    async register(session, { proof, label }) {
      const allowed = mayTrust(state, session, clock.now().latest);
      if (!allowed.ok) return allowed;
      const said = proofs.said(proof);
      const challenge = said === null ? null : challenges.spend(said.challenge, session.id, "registration");
      if (said === null || challenge === null) return notProved();
      const made = await proofs.registered(proof, { challenge: said.challenge, origins: party().origins });
      if (made === null) return notProved();
      const blind = directory.blind({ type: "device-key", id: made.thumbprint });
      const actor = by(session);
      const written = await writer.submit<DeviceRef>({
        by: actor,
        touches: [...touchesOf(session), `device-key:${blind}`],
        run(now, at): Result<Draft<DeviceRef>, Problem> {
          const live = mayTrust(now, session, at);
          if (!live.ok) return live;
          // One that is there, or was: its first registration is not to be moved, nor its end undone.
          if (now.deviceByBlind(blind) !== undefined) return notProved();
          const standing = now.devicesOf(session.subject).filter((device) => stands(device, at));
          if (standing.length >= MOST_DEVICES)
            return refuse(problem("device.too_many", `expected at most ${MOST_DEVICES} trusted devices`));
          const before = standing.find(({ id }) => id === live.value.device);
          const id = makeId("dev", pool.take(16));
          const entity = draftEntity(
            parts,
            actor,
            { type: "device", id },
            { attributes: {}, states: {}, shared: false },
            undefined,
            id,
          );
          const device = {
            id,
            subject: session.subject,
            registeredAt: at,
            expiresAt: trustedUntil(at, at, longest()),
            revokedAt: null,
          };
          const box = sealDevice(parts, session.subject, id, { label: labelOf(label), key: made.key });
          return {
            ok: true,
            value: {
              events: [
                ...(before === undefined ? [] : deviceRevocation(now, before, actor, "person", session.id)),
                entity.draft.event,
                {
                  by: actor,
                  event: { type: "device.registered", device, session: session.id },
                  parts: { box, blind },
                },
              ],
              keys: entity.draft.keys ?? [],
              done: () => id,
            },
          };
        },
      });
      if (!written.ok) return written;
      const device = state.device(written.value);
      if (device === undefined) return notFound("device", written.value);
      return {
        ok: true,
        value: {
          device: view(device, device.id),
          cookie: proofCookie(directory, device.id, session.id, challenge.madeAt),
        },
      };
    },
    async prove(session, proof) {
      const live = usable(state, session, clock.now().latest);
      if (!live.ok) return live;
      const found = await proved(session, proof);
      if (found === null) return notProved();
      const { id } = found.device;
      if (live.value.device !== id) {
        const written = await writer.submit<null>({
          by: by(session),
          touches: [...touchesOf(session), `entity:${state.entity(id)?.blind ?? id}`],
          run(now, at): Result<Draft<null>, Problem> {
            const again = usable(now, session, at);
            if (!again.ok) return again;
            const device = own(now, session, id);
            if (device === null || !stands(device, at)) return notProved();
            const event: DraftEvent = {
              by: by(session),
              event: { type: "device.bound", device: id, session: session.id },
            };
            return {
              ok: true,
              value: { events: again.value.device === id ? [] : [event], done: () => null },
            };
          },
        });
        if (!written.ok) return written;
      }
      return {
        ok: true,
        value: { device: view(found.device, id), cookie: proofCookie(directory, id, session.id, found.at) },
      };
    },
    async renew(session, proof) {
      const allowed = mayTrust(state, session, clock.now().latest);
      if (!allowed.ok) return allowed;
      const found = await proved(session, proof);
      if (found === null) return notProved();
      const { id } = found.device;
      const written = await writer.submit<null>({
        by: by(session),
        touches: [...touchesOf(session), `entity:${state.entity(id)?.blind ?? id}`],
        run(now, at): Result<Draft<null>, Problem> {
          const live = mayTrust(now, session, at);
          if (!live.ok) return live;
          const device = own(now, session, id);
          if (device === null || !stands(device, at)) return notProved();
          const expiresAt = trustedUntil(device.registeredAt, at, longest());
          const event: DraftEvent = {
            by: by(session),
            event: { type: "device.renewed", device: id, expiresAt },
          };
          // Policy may have become stricter since: a renewal is no way to lose what is left of before.
          return {
            ok: true,
            value: { events: expiresAt > device.expiresAt ? [event] : [], done: () => null },
          };
        },
      });
      if (!written.ok) return written;
      const device = state.device(id);
      return device === undefined ? notFound("device", id) : { ok: true, value: view(device, id) };
    },
    async rename(session, id, label) {
      const written = await writer.submit<null>({
        by: by(session),
        touches: touchesOf(session),
        run(now): Result<Draft<null>, Problem> {
          const device = own(now, session, id);
          const opened = device === null ? null : openDevice(parts, device);
          if (device === null || opened === null) return notFound("device", id);
          const box = sealDevice(parts, device.subject, device.id, { ...opened, label: labelOf(label) });
          const event = { type: "device.renamed", device: device.id } as const;
          return {
            ok: true,
            value: { events: [{ by: by(session), event, parts: { box } }], done: () => null },
          };
        },
      });
      return written;
    },
    async revoke(caller, id) {
      const mine = (device: Device | undefined): device is Device =>
        device !== undefined &&
        (mayUse(caller, "admin") || (caller.kind === "session" && device.subject === personOf(caller)));
      const found = state.device(id);
      const written = await writer.submit<null>({
        by: actorOf(caller),
        touches: [`device:${id}`],
        alsoTouches: (now) => {
          const device = now.device(id);
          if (device === undefined) return [];
          return [
            ...deviceTouches(now, device),
            `entity:${now.entity(device.subject)?.blind ?? device.subject}`,
            ...now
              .sessionsOf(device.subject)
              .filter((one) => one.device === device.id)
              .map((one) => `session:${one.id}`),
          ];
        },
        run(now): Result<Draft<null>, Problem> {
          const device = now.device(id);
          if (!mine(device)) return notFound("device", id);
          const cause = device.subject === personOf(caller) ? "person" : "operator";
          const keep = caller.kind === "session" ? caller.session.id : null;
          const events =
            device.revokedAt === null ? deviceRevocation(now, device, actorOf(caller), cause, keep) : [];
          return { ok: true, value: { events, done: () => null } };
        },
      });
      if (!written.ok) return written;
      const device = state.device(id) ?? found;
      return device === undefined ? notFound("device", id) : { ok: true, value: view(device) };
    },
    async list(caller: Caller, query) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const wanted = query.subject === undefined ? undefined : directory.find(query.subject)?.ref;
      if (query.subject !== undefined && wanted === undefined)
        return { ok: true, value: { items: [], next: null } };
      const all = wanted === undefined ? state.devices() : state.devicesOf(wanted);
      return {
        ok: true,
        value: await pageOf(
          all,
          query,
          ({ registeredAt, id }) => ({ at: registeredAt, id }),
          (device) => view(device),
        ),
      };
    },
  };
}

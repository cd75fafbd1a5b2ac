import type { DecisionRequest, Facts } from "../../decision/request.ts";
import type { Lock, LockTarget } from "../../opt-out/lock.ts";
import { type Holder, holderKey, type OptOut } from "../../opt-out/record.ts";
import { parseScope, type Scope, segmentsOf } from "../../opt-out/scope.ts";
import type { Activity } from "../../session/activity.ts";
import type { Session } from "../../session/session.ts";
import { isControlId } from "../../vocabulary/control.ts";
import { type Duration, milliseconds, parseDuration } from "../../vocabulary/duration.ts";
import { type Id, type IdPrefix, makeId, type OptOutId } from "../../vocabulary/id.ts";
import { type Instant, instant, parseInstant, plus } from "../../vocabulary/instant.ts";
import { canonicalPath } from "../canonical-path.ts";
import { type Attributes, type CelValue, toCelValue } from "../condition/index.ts";
import type { AttributeSource, Offer, Policy } from "../revision.ts";
import type { CaseText, Given, OptOutText, SessionText, TestDocument } from "./document.ts";
import { riskOf } from "./signals.ts";

/** One case as `decide` is asked it, for one action on one resource. */
export interface Scene {
  readonly request: DecisionRequest;
  readonly facts: Facts;
  readonly now: Instant;
}

/** What a case refers to and does not find, or an attribute that policy does not declare so. */
export class SceneProblem extends Error {
  readonly code: "unknown_reference" | "attribute_undeclared";
  constructor(code: SceneProblem["code"], message: string) {
    super(message);
    this.name = "SceneProblem";
    this.code = code;
  }
}

const HOUR = milliseconds(3_600_000);
const NONE: Attributes = new Map();

/** Sets a case up. Throws a SceneProblem where the case names what is not there. */
export function sceneOf(
  suite: TestDocument,
  text: CaseText,
  action: string,
  resource: string,
  policy: Policy,
): Scene {
  const now = read(parseInstant(text.now ?? suite.now));
  const sessionText = text.session === undefined ? null : named(suite.sessions, text.session, "session");
  const subjectName = text.subject ?? sessionText?.subject ?? null;
  const deviceName = text.device ?? sessionText?.device ?? null;
  const subject = subjectName === null ? null : named(suite.subjects, subjectName, "subject");
  const device = deviceName === null ? null : named(suite.devices, deviceName, "device");
  const colon = resource.indexOf(":");
  const [type, id] = [resource.slice(0, colon), resource.slice(colon + 1)];
  const held = suite.resources?.[resource]?.attributes;
  const optOuts = (text.optOuts ?? []).map((name): readonly [string, OptOut, OptOutText] => {
    const written = named(suite.optOuts, name, "opt-out");
    return [name, optOutOf(name, written), written];
  });
  const uses = new Map(optOuts.map(([, optOut, written]) => [optOut.id as string, written.uses ?? 0]));
  const given = text.given ?? {};
  const facts: Facts = {
    session: sessionText === null ? null : sessionOf(text.session ?? "", sessionText, now),
    subject:
      subject === null || subjectName === null
        ? null
        : {
            ref: idOf("sub", subjectName),
            attributes: typed("subject", "entity", subject.attributes),
            states: new Set(subject.states ?? []),
          },
    device:
      device === null || deviceName === null
        ? null
        : {
            ref: idOf("dev", deviceName),
            id: deviceName,
            attributes: typed("device", "entity", device.attributes),
            shared: device.shared ?? null,
            trust:
              device.trusted === true && subjectName !== null
                ? { subject: idOf("sub", subjectName), until: plus(now, HOUR), provedAt: now }
                : null,
          },
    resource: typed("resource", "entity", held),
    ...(text.signals === undefined ? {} : { risk: riskOf(text.signals, policy) }),
    optOuts: {
      find: (holder, control) =>
        optOuts.flatMap(([, one]) =>
          one.control === control && holderKey(one.holder) === holder ? [one] : [],
        ),
    },
    locks: (text.locks ?? []).map((written, at) => lockOf(written, at, now)),
    uses: (optOut: OptOutId) => uses.get(optOut) ?? 0,
    budgetSpent: () => false,
    doubt: null,
  };
  const request: DecisionRequest = {
    subject: subjectName === null ? null : { type: "user", id: subjectName },
    action,
    resource: { type, id, segments: segments(type, id) },
    given: {
      subject: typed("subject", "request", given.subject),
      resource: typed("resource", "request", given.resource),
      action: typed("action", "request", given.action),
      context: typed("context", "request", given.context),
    },
    delegated: text.delegated ?? false,
    network: text.network ?? null,
  };
  return { request, facts, now };

  function typed(variable: string, source: AttributeSource, values: Given | undefined): Attributes {
    if (values === undefined) return NONE;
    const all = new Map<string, CelValue>();
    for (const [name, json] of Object.entries(values)) {
      const declared = policy.attributes.get(variable)?.get(name);
      if (declared === undefined || declared.source !== source) {
        const got = declared === undefined ? "none is declared" : `its source is \`${declared.source}\``;
        throw new SceneProblem(
          "attribute_undeclared",
          `expected \`${variable}.${name}\` declared with the source \`${source}\`, but ${got}`,
        );
      }
      const converted = toCelValue(json, declared.type);
      if (!converted.ok) {
        throw new SceneProblem("attribute_undeclared", `${converted.message}, for \`${variable}.${name}\``);
      }
      all.set(name, converted.value);
    }
    return all;
  }

  function optOutOf(name: string, written: OptOutText): OptOut {
    const offer = policy.offers.get(written.offer);
    if (offer === undefined) {
      throw new SceneProblem(
        "unknown_reference",
        `expected an Offer of the policy, got \`${written.offer}\``,
      );
    }
    const grantedAt = before(now, length(written.grantedAgo) ?? HOUR);
    const capAt = plus(grantedAt, offer.length.total);
    const end = length(written.endsIn);
    const standing = written.standing ?? "granted";
    return {
      id: idOf("oo", name),
      control: offer.control,
      offer: offer.name,
      revision: idOf("pol", "test"),
      basis: offer.basis,
      holder: holderOf(written, offer),
      scope: scopeOf(written, offer),
      inactivity: offer.inactivity,
      downTo: written.downTo ?? offer.downTo,
      standing,
      requestedBy: idOf("sub", written.subject ?? "owner"),
      requestedAt: grantedAt,
      consentNeeded: false,
      consent: null,
      approvalsNeeded: 0,
      approvals: [],
      grantedAt: standing === "pending" ? null : grantedAt,
      decideBy: plus(grantedAt, offer.approvals.decideWithin),
      startsAt: grantedAt,
      expiresAt: end === null ? plus(grantedAt, offer.length.default) : plus(now, end),
      reviewBy: plus(grantedAt, offer.review.every),
      capAt,
      usesMax: offer.uses,
      version: 1,
    };
  }

  function holderOf(written: OptOutText, offer: Offer): Holder {
    const kind = written.holder ?? [...offer.holders][0] ?? "subject";
    if (kind === "anonymous") return { kind };
    const of = written.subject ?? subjectName;
    if (kind === "subject") return { kind, subject: idOf("sub", of ?? "nobody") };
    return {
      kind,
      device: idOf("dev", written.device ?? deviceName ?? "none"),
      subject: of === null ? null : idOf("sub", of),
    };
  }
}

function scopeOf(written: OptOutText, offer: Offer): Scope {
  if (written.actions === undefined && written.resources === undefined) return offer.scope;
  const scope = parseScope(
    written.actions ?? offer.scope.actions,
    written.resources ?? offer.scope.resources.map(({ text }) => text),
  );
  if (!scope.ok) throw new SceneProblem("unknown_reference", scope.refusal);
  return scope.value;
}

function sessionOf(name: string, text: SessionText, now: Instant): Session {
  const authTime = before(now, length(text.signedInAgo) ?? milliseconds(60_000));
  return {
    id: idOf("ses", name),
    subject: idOf("sub", text.subject),
    device: text.device === undefined ? null : idOf("dev", text.device),
    acr: text.acr,
    amr: text.amr ?? [],
    authTime,
    startedAt: authTime,
    expiresAt: plus(now, length(text.endsIn) ?? milliseconds(8 * HOUR)),
    inactivityEndsAt: text.inactive === true ? now : null,
    activity: activityIn(text, authTime, now),
    ...(text.shared === undefined ? {} : { shared: text.shared }),
    revokedAt: null,
    registeredBy: "test",
  };
}

function activityIn(text: SessionText, authTime: Instant, now: Instant): Activity {
  const activeAt = before(now, length(text.activeAgo) ?? milliseconds(0));
  const away = length(text.away);
  const gaps = away === null ? [] : [{ from: before(activeAt, away), length: away }];
  if ((gaps[0]?.from ?? activeAt) < authTime)
    throw new SceneProblem(
      "unknown_reference",
      "expected `activeAgo` and `away` after the sign-in; say `signedInAgo` longer ago",
    );
  return { since: authTime, activeAt, gaps };
}

function lockOf(written: string, at: number, now: Instant): Lock {
  return {
    id: idOf("lk", String(at)),
    target: targetOf(written),
    until: null,
    placedBy: idOf("sub", "administrator"),
    placedAt: now,
    liftedAt: null,
  };
}

function targetOf(written: string): LockTarget {
  const colon = written.indexOf(":");
  const [kind, name] = colon < 0 ? [written, ""] : [written.slice(0, colon), written.slice(colon + 1)];
  if (kind === "offer") return { kind, offer: name };
  if (kind === "resource") return { kind, resource: name };
  if (kind !== "control") return { kind: "everything" };
  if (!isControlId(name)) throw new SceneProblem("unknown_reference", `expected a control, got \`${name}\``);
  return { kind, control: name };
}

/** Routes as a gate would ask for them; other names as they are. */
function segments(type: string, id: string): readonly string[] | null {
  if (type !== "route") return segmentsOf(id);
  const canonical = canonicalPath(id);
  return canonical.ok ? canonical.value.segments : null;
}

function named<Value>(all: Readonly<Record<string, Value>> | undefined, name: string, what: string): Value {
  const found = all !== undefined && Object.hasOwn(all, name) ? all[name] : undefined;
  if (found === undefined) {
    throw new SceneProblem(
      "unknown_reference",
      `expected the name of a ${what} of this suite, got \`${name}\``,
    );
  }
  return found;
}

/** Identifiers of tests follow from names, so that a failing run reads the same every time. */
function idOf<Prefix extends IdPrefix>(prefix: Prefix, name: string): Id<Prefix> {
  const bytes = new Uint8Array(16);
  for (let at = 0; at < name.length; at++) {
    const place = at % 16;
    bytes[place] = ((bytes[place] ?? 0) * 31 + name.charCodeAt(at)) & 255;
  }
  bytes[15] = ((bytes[15] ?? 0) + name.length) & 255;
  return makeId(prefix, bytes);
}

function before(now: Instant, ago: Duration): Instant {
  return instant(Math.max(now - ago, 0));
}

function length(text: string | undefined): Duration | null {
  return text === undefined ? null : read(parseDuration(text));
}

function read<Value>(result: { ok: true; value: Value } | { ok: false; refusal: string }): Value {
  if (!result.ok) throw new SceneProblem("unknown_reference", result.refusal);
  return result.value;
}

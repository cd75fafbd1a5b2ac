import type { Honour } from "@postern/core";
import type { Invariants } from "./invariants.ts";
import { chosen, isLocked, type KnownOptOut, type LogEntry, type Model, offersOf } from "./model.ts";

type Check = Invariants["check"];
const noCheck: Check = () => undefined;

/** Takes the next entry in and holds it to the rules: what was recorded must have been allowed where it stands. */
export function apply(model: Model, entry: LogEntry, check: Check = noCheck): void {
  const { at, by, event } = entry;
  const { type } = event;
  const index = model.size;
  const here = `entry ${index} (${type})`;
  check("time never goes back", at >= model.at, () => `${here} is of ${at}, the one before of ${model.at}`);
  model.size += 1;
  model.at = at;
  const optOut = (id: string): KnownOptOut => {
    const found = model.optOuts.get(id);
    if (found === undefined) throw new Error(`${here} names an opt-out that is not there`);
    return found;
  };
  /** Nothing but its own end happens to what has ended. */
  const live = (id: string): KnownOptOut => {
    const found = optOut(id);
    check(
      "revoked stays revoked",
      found.standing !== "ended",
      () => `${here} changes \`${found.id}\`, which had ended`,
    );
    return found;
  };
  const end = (id: string): void => {
    const found = optOut(id);
    check(
      "one entry per change",
      found.standing !== "ended",
      () => `${here} ends \`${found.id}\` a second time`,
    );
    found.standing = "ended";
  };
  const fresh = (known: boolean, id: unknown): void =>
    check("one entry per change", !known, () => `${here} makes \`${String(id)}\` a second time`);

  switch (event.type) {
    case "epoch.accepted":
      check(
        "an old epoch appends nothing",
        Number(event.epoch) === model.epoch + 1,
        () => `${here} begins epoch ${String(event.epoch)} after ${model.epoch}`,
      );
      model.epoch = Number(event.epoch);
      return;
    case "token.issued":
      model.tokens.add(event.token.id);
      return;
    case "token.revoked":
      fresh(model.revokedTokens.has(event.token), event.token);
      model.revokedTokens.add(event.token);
      return;
    case "entity.put":
      if (by.person !== null) model.staff.add(event.entity.ref);
      return;
    case "entity.deleted":
      model.staff.delete(event.entity);
      return;
    case "policy.activated":
    case "policy.rolled-back":
      model.revision = event.revision;
      return;
    case "session.registered": {
      const { id, subject, acr, expiresAt } = event.session;
      fresh(model.sessions.has(id), id);
      model.sessions.set(id, { subject, acr, expiresAt, revoked: false });
      return;
    }
    case "session.revoked": {
      const session = model.sessions.get(event.session);
      fresh(session?.revoked !== false, event.session);
      if (session !== undefined) session.revoked = true;
      return;
    }
    case "opt-out.requested": {
      const { id, holder, ...rest } = event.optOut;
      fresh(model.optOuts.has(id), id);
      model.optOuts.set(id, {
        ...rest,
        id,
        holder: holder.kind === "anonymous" ? null : holder.subject,
        consented: false,
        approvals: [],
        standing: "pending",
        used: 0,
      });
      return;
    }
    case "opt-out.consented":
      live(event.optOut).consented = true;
      return;
    case "opt-out.approved": {
      const found = live(event.optOut);
      const approver = event.approval.by;
      check(
        "no self-approval",
        approver !== found.requestedBy && approver !== found.holder && approver === by.person,
        () => `${here} of \`${found.id}\` is by whoever asked for it or holds it`,
      );
      fresh(found.approvals.includes(approver), found.id);
      found.approvals.push(approver);
      return;
    }
    case "opt-out.granted": {
      const found = live(event.optOut);
      fresh(found.standing !== "pending", found.id);
      check(
        "no self-approval",
        chosen(found),
        () => `${here} grants \`${found.id}\` without the choices that it needs`,
      );
      found.standing = "granted";
      const { startsAt, expiresAt, reviewBy, capAt } = event;
      Object.assign(found, { startsAt, expiresAt, reviewBy, capAt });
      return;
    }
    case "opt-out.denied":
    case "opt-out.withdrawn":
    case "opt-out.revoked":
      end(event.optOut);
      return;
    case "opt-out.renewed":
    case "opt-out.narrowed": {
      const found = live(event.optOut);
      check(
        "expiry is arithmetic",
        event.expiresAt <= found.capAt,
        () => `${here} passes the cap of \`${found.id}\``,
      );
      if (found.standing !== "pending")
        check(
          "expiry is arithmetic",
          at < found.expiresAt,
          () => `${here} brings \`${found.id}\` back after its end`,
        );
      found.expiresAt = event.expiresAt;
      if (event.type === "opt-out.renewed") found.reviewBy = event.reviewBy;
      else if (event.approvalsVoided) found.approvals = [];
      return;
    }
    case "opt-out.suspended":
      live(event.optOut).standing = "suspended";
      return;
    case "opt-out.resumed": {
      const found = live(event.optOut);
      check(
        "no self-approval",
        by.person !== found.requestedBy && by.person !== found.holder,
        () => `${here} of \`${found.id}\` is by whoever asked for it or holds it`,
      );
      found.standing = "granted";
      return;
    }
    case "lock.placed": {
      const { id, target, until } = event.lock;
      fresh(model.locks.has(id), id);
      model.locks.set(id, { target, until, lifted: false });
      return;
    }
    case "lock.lifted": {
      const lock = model.locks.get(event.lock);
      fresh(lock?.lifted !== false, event.lock);
      if (lock !== undefined) lock.lifted = true;
      return;
    }
    case "decision.honoured":
      honoured(model, index, at, event.honours, check);
      return;
    default:
      return;
  }
}

function honoured(model: Model, index: number, at: number, honours: readonly Honour[], check: Check): void {
  honours.forEach(({ decision, optOuts, revision, who, session: id }, position) => {
    const here = `the honour of ${decision} in entry ${index}`;
    check("one entry per change", !model.decisions.has(decision), () => `${here} was recorded before`);
    model.decisions.set(decision, { index, position });
    const session = id === null ? undefined : model.sessions.get(id);
    check(
      "no false honour",
      session !== undefined && !session.revoked && session.subject === who,
      () => `${here} is of a session that does not count`,
    );
    check(
      "expiry is arithmetic",
      session !== undefined && at < session.expiresAt,
      () => `${here} is of a session that is over`,
    );
    check("no false honour", revision === model.revision, () => `${here} was decided under another revision`);
    for (const one of optOuts) {
      const optOut = model.optOuts.get(one);
      if (optOut === undefined) {
        check("no false honour", false, () => `${here} names an opt-out that is not there`);
        continue;
      }
      check(
        "revoked stays revoked",
        optOut.standing !== "ended",
        () => `${here} comes after the end of \`${one}\``,
      );
      check(
        "no false honour",
        optOut.standing === "granted" && optOut.holder === who && offersOf(model.revision).has(optOut.offer),
        () => `${here} uses \`${one}\`, which is ${optOut.standing}`,
      );
      check("no self-approval", chosen(optOut), () => `${here} uses \`${one}\`, which was not chosen`);
      check(
        "expiry is arithmetic",
        at >= optOut.startsAt && at < Math.min(optOut.expiresAt, optOut.reviewBy, optOut.capAt),
        () => `${here} of ${at} uses \`${one}\`, which ends at ${optOut.expiresAt}`,
      );
      check(
        "a lock beats every opt-out",
        !isLocked(model, optOut, at),
        () => `${here} uses \`${one}\`, which is locked`,
      );
      optOut.used += 1;
      if (optOut.usesMax !== null)
        check(
          "uses never overspent",
          optOut.used <= optOut.usesMax,
          () => `${here} is use ${optOut.used} of \`${one}\`, which has ${optOut.usesMax}`,
        );
    }
  });
}

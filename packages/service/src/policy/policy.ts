import { hash } from "node:crypto";
import {
  type Actor,
  canonical,
  formatInstant,
  formatProblem,
  type Instant,
  makeId,
  milliseconds,
  type PolicyFile,
  type Result,
  type RevisionId,
  type RevisionRecord,
  refuse,
  type TokenScope,
} from "@postern/core";
import { needPerson, needScope, notFound } from "../access.ts";
import { actorOf, type Caller, mayUse } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Doubts } from "../node/doubt.ts";
import { offerView } from "../opt-outs/view.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { Writer } from "../record/writer.ts";
import type { RandomPool } from "../seal/box.ts";
import type { PolicyService } from "../service.ts";
import { aloneMark, others, stillMay } from "../unreviewed/second-person.ts";
import type { ObservedView, RevisionView } from "../views.ts";
import { type ActivePolicy, compileDocumentInSlices, isOfRevision } from "./active-policy.ts";
import { doesNotCompile, MOST_TOLD } from "./candidate.ts";
import { changeText } from "./change-text.ts";
import { compareInSlices, compileInSlices } from "./compile-in-slices.ts";
import type { ObservationView } from "./simulation-views.ts";

/** Who publishes, and who could have. */
const PUBLISHING: readonly TokenScope[] = ["policy.write", "policy.activate"];

/** How long one person alone may go back to the revision that was just replaced (Law 9). */
const ROLLBACK_ALONE = milliseconds(24 * 3_600_000);

export function policyService(parts: {
  readonly world: World;
  readonly store: Store;
  readonly state: State;
  readonly writer: Writer;
  readonly clock: ControlClock;
  readonly doubts: Doubts;
  readonly pool: RandomPool;
  readonly active: () => ActivePolicy;
  readonly size: () => number;
  /** When every live node has it, or its lease has run out; null: not yet, after a moment's wait. */
  readonly inEffect: (entry: number) => Promise<Instant | null>;
  /** The revision that is observed beside it; null: none. */
  readonly observing: (caller: Caller) => ObservationView | null;
  /** Records what has ended by now, before something takes effect that would let it go on. */
  readonly settleSessions: () => Promise<Problem | null>;
  /** Puts a compiled revision in force on this node, in the turn in which its entry is applied. */
  readonly adopt: (active: ActivePolicy) => void;
}): PolicyService {
  const { store, state, writer, clock } = parts;

  const view = (revision: RevisionRecord, warnings?: readonly string[]): RevisionView => ({
    id: revision.id,
    publishedAt: formatInstant(revision.publishedAt),
    activatedAt: revision.activatedAt === null ? null : formatInstant(revision.activatedAt),
    active: revision.active,
    replaced: revision.replaced,
    ...(warnings === undefined ? {} : { warnings }),
  });

  async function compiled(id: string): Promise<Result<ActivePolicy, Problem>> {
    const active = parts.active();
    if (active.id === id) return { ok: true, value: active };
    const text = await store.document(id);
    // The database is not believed: a text that was changed there must not come into force by a roll-back.
    if (text === null || !isOfRevision(id as RevisionId, text)) {
      const detail = `the text of policy revision \`${id}\` ${text === null ? "was deleted from the database" : "was changed in the database"}`;
      parts.doubts.raise({ reason: "row_tampered", detail, passing: false });
      return refuse(problem("node.doubt", `${detail}; it cannot be put in force`));
    }
    return {
      ok: true,
      value: { id: id as RevisionId, policy: await compileDocumentInSlices(text, parts.world) },
    };
  }

  async function put(
    by: Actor,
    id: string,
    type: "policy.activated" | "policy.rolled-back",
  ): Promise<Result<RevisionView, Problem>> {
    if (state.revision(id) === undefined)
      return refuse(problem("policy.unknown_revision", `there is no revision \`${id.slice(0, 64)}\``));
    const found = await compiled(id);
    if (!found.ok) return found;
    const next = found.value;
    const current = parts.active();
    const wider =
      current.id === null
        ? []
        : (await compareInSlices(current.policy, next.policy, parts.world)).wider.map(changeText);
    // Last of all before it: what ends while revisions are compared has ended, too.
    const unsettled = current.id === null ? null : await parts.settleSessions();
    if (unsettled !== null) return refuse(unsettled);
    const written = await writer.submit<string | undefined>({
      by,
      touches: ["policy"],
      run(now, at) {
        const before = now.activeRevision();
        const record = now.revision(id);
        if (record === undefined) return notFound("revision", id);
        if (before?.id === id)
          return refuse(problem("policy.already_active", "this revision is in force already"));
        // The comparison was made against a revision that is no longer the active one.
        if ((before?.id ?? null) !== current.id)
          return refuse(problem("version.changed", "another revision was activated meanwhile; look again"));
        const justReplaced =
          type === "policy.rolled-back" &&
          before?.replaced === id &&
          before.activatedAt !== null &&
          at - before.activatedAt <= ROLLBACK_ALONE;
        const second = type === "policy.activated" && isProposedTo(by.person, record, now, at);
        const alone = before !== undefined && wider.length > 0 && !justReplaced && !second;
        const single =
          by.person === null || others(now, by.person, ["policy.activate"], clock.now().latest).size === 0;
        const mark = alone && by.person !== null ? { alone: aloneMark(by.person, parts.pool).alone } : {};
        if (alone && !single) {
          return refuse(
            problem(
              "policy.second_person",
              `this widens what policy allows (${wider.slice(0, 3).join("; ")}), so ${secondWay(type, by.person, record, now)}`,
            ),
          );
        }
        const events: DraftEvent[] =
          type === "policy.rolled-back" && before !== undefined
            ? [
                {
                  by,
                  event: {
                    type,
                    revision: record.id,
                    replaces: before.id,
                    wider,
                    unreviewed: alone,
                    ...mark,
                  },
                },
              ]
            : [
                {
                  by,
                  event: {
                    type: "policy.activated",
                    revision: record.id,
                    replaces: before?.id ?? null,
                    wider,
                    unreviewed: alone,
                    ...mark,
                  },
                },
              ];
        const act = mark.alone?.act;
        return { ok: true, value: { events, putInForce: () => parts.adopt(next), done: () => act } };
      },
    });
    if (!written.ok) return written;
    const entry = parts.size() - 1;
    const recorded = formatInstant(clock.now().latest);
    const inEffect = await parts.inEffect(entry);
    const record = state.revision(id);
    return record === undefined
      ? notFound("revision", id)
      : {
          ok: true,
          value: {
            ...view(record),
            recorded,
            inEffect: inEffect === null ? null : formatInstant(inEffect),
            entry,
            ...(written.value === undefined ? {} : { unreviewed: written.value }),
          },
        };
  }

  async function putBy(
    caller: Caller,
    id: string,
    type: "policy.activated" | "policy.rolled-back",
  ): Promise<Result<RevisionView, Problem>> {
    const person = needPerson(caller);
    if (!person.ok) return person;
    return await put(actorOf(caller), id, type);
  }

  async function keep(by: Actor, files: readonly PolicyFile[]): Promise<Result<RevisionView, Problem>> {
    const result = await compileInSlices(files, parts.world, { at: clock.now().earliest });
    if (!result.ok) return doesNotCompile(result.problems, files);
    const { id, text } = contentOf(files);
    const written = await writer.submit({
      by,
      touches: ["policy"],
      run(now, at) {
        const known = now.revision(id);
        // One whose publisher counts no more is taken over, so that two persons can still put it in force.
        const takes =
          known === undefined ||
          (by.person !== null &&
            !known.active &&
            (!isProposal(known, now) ||
              (known.publishedBy !== by.person && !stillMay(now, known.publishedBy, PUBLISHING, at))));
        const events: DraftEvent[] = takes
          ? [
              {
                by,
                event: {
                  type: "policy.published",
                  revision: id,
                  publishedBy: by.person,
                  ...(known === undefined ? {} : { anew: true }),
                },
              },
            ]
          : [];
        return { ok: true, value: { events, documents: [{ id, text }], done: () => null } };
      },
    });
    if (!written.ok) return written;
    const record = state.revision(id);
    return record === undefined
      ? notFound("revision", id)
      : {
          ok: true,
          value: view(
            record,
            result.warnings.slice(0, MOST_TOLD).map((one) => formatProblem(one, files)),
          ),
        };
  }

  return {
    identify: (files) => contentOf(files).id,
    async begin(files) {
      if (parts.active().id !== null)
        return refuse(problem("policy.already_active", "a revision is in force already"));
      const kept = await keep({ person: null, via: "system" }, files);
      return kept.ok ? put({ person: null, via: "system" }, kept.value.id, "policy.activated") : kept;
    },
    async publish(caller, files) {
      const allowed = needScope(caller, "policy.write");
      return allowed.ok ? keep(actorOf(caller), files) : allowed;
    },
    async activate(caller, id) {
      const allowed = needScope(caller, "policy.activate");
      return allowed.ok ? putBy(caller, id, "policy.activated") : allowed;
    },
    async rollback(caller, to) {
      const allowed = needScope(caller, "policy.activate");
      if (!allowed.ok) return allowed;
      const target = to ?? state.activeRevision()?.replaced ?? null;
      return target === null
        ? refuse(problem("policy.nothing_to_roll_back", "there is no earlier revision to go back to"))
        : putBy(caller, target, "policy.rolled-back");
    },
    async list(caller) {
      const allowed = needScope(caller, "policy.write", "policy.activate", "explain");
      if (!allowed.ok) return allowed;
      return {
        ok: true,
        value: [...state.revisions()].sort((a, b) => b.publishedAt - a.publishedAt).map((one) => view(one)),
      };
    },
    async status(caller) {
      const allowed = needScope(caller, "policy.write", "policy.activate", "explain");
      if (!allowed.ok) return allowed;
      const { id, policy } = parts.active();
      const now = clock.now().latest;
      const observed = [...policy.protections, ...policy.offers.values()].filter(
        ({ mode }) => mode !== "enforce",
      );
      return {
        ok: true,
        value: {
          active: id,
          observed: observed.map(({ kind, name, owner, mode, observeUntil }) => ({
            kind,
            name,
            owner,
            mode,
            observeUntil: observeUntil === null ? null : formatInstant(observeUntil),
            state: stateOfObserved(kind, observeUntil, now),
          })),
          // It names people.
          observation: mayUse(caller, "explain") ? parts.observing(caller) : null,
        },
      };
    },
    active: () => parts.active().id,
    protections: () =>
      parts.active().policy.protections.map((one) => ({
        name: one.name,
        owner: one.owner,
        mode: one.mode,
        sensitive: one.sensitive,
        resources: one.resources.map(({ text }) => text),
        assurance: one.assurance,
        stepUp: one.stepUp === null ? null : { assurance: one.stepUp.assurance },
        signIn: one.signIn,
      })),
    offers: () => [...parts.active().policy.offers.values()].map(offerView),
  };
}

/**
 * Whether it was published to come after what is in force. One that was in force itself, or was published before what is,
 * is somebody's word on another day: it is published again first.
 */
function isProposal({ activatedAt, publishedAt }: RevisionRecord, state: State): boolean {
  const since = state.activeRevision()?.activatedAt ?? null;
  return activatedAt === null && (since === null || publishedAt >= since);
}

/** Whether another person, who may still do so, proposes it to whoever activates it: that makes two. */
function isProposedTo(person: Actor["person"], record: RevisionRecord, state: State, at: Instant): boolean {
  return (
    record.publishedBy !== person &&
    isProposal(record, state) &&
    stillMay(state, record.publishedBy, PUBLISHING, at)
  );
}

/** How a second person comes in. */
function secondWay(
  type: "policy.activated" | "policy.rolled-back",
  person: Actor["person"],
  record: RevisionRecord,
  state: State,
): string {
  if (type === "policy.rolled-back")
    return "one person alone goes back only to the revision just replaced, and only for 24 hours; publish its documents again and let another person activate them";
  const other = "someone other than its publisher has to activate it";
  if (record.publishedBy === null || record.publishedBy === person) return other;
  return isProposal(record, state)
    ? `${other}; whoever published it may do so no more, so another person publishes the same documents again first`
    : `${other}; it was published before what is in force, so another person publishes the same documents again first`;
}

function stateOfObserved(
  kind: "Protection" | "Offer",
  until: Instant | null,
  now: Instant,
): ObservedView["state"] {
  if (until === null) return "without-end";
  if (now < until) return "observing";
  return kind === "Protection" ? "in-force" : "overdue";
}

/** The content names the revision: the same documents are the same revision, whoever publishes them. */
function contentOf(files: readonly PolicyFile[]): { readonly id: RevisionId; readonly text: string } {
  const text = canonical(
    [...files]
      .sort((a, b) => (a.path < b.path ? -1 : 1))
      .map(({ path, text: content }) => ({ path, text: content })),
  );
  return { id: makeId("pol", hash("sha256", text, "buffer")), text };
}

import { bodyOf, type DecisionId, type Lock, type OptOutBody, type Session } from "@postern/core";
import type { Made, Recorded, RecordedRisk } from "./recorded.ts";

type Subject = NonNullable<Recorded["subject"]>;
type Device = NonNullable<Recorded["device"]>;
type Resource = NonNullable<Recorded["resource"]>;
type Place = number | null;

/** What is sealed of some decisions about one subject: what they share stands once, and they point at it. */
export interface Sheet {
  readonly sessions: readonly Session[];
  readonly subjects: readonly Subject[];
  readonly devices: readonly Device[];
  readonly risks?: readonly RecordedRisk[];
  readonly resources: readonly Resource[];
  readonly optOuts: readonly OptOutBody[];
  readonly locks: readonly (readonly Lock[])[];
  readonly decisions: readonly OnSheet[];
}

interface OnSheet extends Pick<Recorded, "revision" | "now" | "micros" | "entry" | "outcome" | "asked"> {
  readonly id: DecisionId;
  readonly session: Place;
  readonly subject: Place;
  readonly device: Place;
  readonly risk?: Place;
  readonly resource: Place;
  /** Place and uses that counted. */
  readonly optOuts: readonly (readonly [place: number, used: number])[];
  readonly locks: number;
  readonly budgetSpent: Recorded["budgetSpent"];
  readonly doubt: Recorded["doubt"];
}

/** Things in the order in which they were first met. The same thing is one object, since memory is never changed in place. */
function shelf<Source extends object, Kept>(keep: (source: Source) => Kept) {
  const kept: Kept[] = [];
  const places = new Map<object, number>();
  return {
    kept,
    place(source: Source, key: object = source): number {
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, kept.length);
      return kept.push(keep(source)) - 1;
    },
  };
}

export function sheetOf(decisions: readonly Made[]): Sheet {
  const sessions = shelf((session: Session) => session);
  const subjects = shelf(
    ({ facts, held }: NonNullable<Made["subject"]>): Subject => ({
      ref: facts.ref,
      states: [...facts.states],
      ...(facts.concerns === undefined ? {} : { concerns: facts.concerns }),
      attributes: held?.attributes ?? {},
    }),
  );
  const devices = shelf(
    ({ facts, held }: NonNullable<Made["device"]>): Device => ({
      ref: facts.ref,
      id: facts.id,
      shared: facts.shared,
      ...(facts.trust === undefined ? {} : { trust: facts.trust }),
      ...(facts.concerns === undefined ? {} : { concerns: facts.concerns }),
      attributes: held?.attributes ?? {},
    }),
  );
  const risks = shelf(({ row: _, ...told }: NonNullable<Made["risk"]>): RecordedRisk => told);
  const resources = shelf(({ attributes }: NonNullable<Made["resource"]>): Resource => attributes);
  const optOuts = shelf(bodyOf);
  const locks = shelf((all: readonly Lock[]) => all);
  const onSheet = (made: Made): OnSheet => {
    const { question, request } = made;
    return {
      id: made.id,
      revision: made.revision,
      now: made.now,
      micros: made.micros,
      entry: made.entry,
      outcome: made.outcome,
      asked: {
        by: question.askedBy,
        subject: request.subject,
        action: request.action,
        resource: request.resource,
        delegated: request.delegated,
        network: request.network,
        given: {
          subject: question.subject?.properties,
          action: question.action.properties,
          resource: question.resource.properties,
          context: question.context,
        },
      },
      session: made.session === null ? null : sessions.place(made.session),
      subject: made.subject === null ? null : subjects.place(made.subject, made.subject.facts),
      device: made.device === null ? null : devices.place(made.device, made.device.facts),
      ...(made.risk === null ? {} : { risk: risks.place(made.risk) }),
      resource: made.resource === null ? null : resources.place(made.resource),
      optOuts: made.optOuts.map(({ optOut, used }) => [optOuts.place(optOut), used] as const),
      locks: locks.place(made.locks),
      budgetSpent: made.budgetSpent,
      doubt: made.doubt,
    };
  };
  const placed = decisions.map(onSheet);
  return {
    sessions: sessions.kept,
    subjects: subjects.kept,
    devices: devices.kept,
    ...(risks.kept.length === 0 ? {} : { risks: risks.kept }),
    resources: resources.kept,
    optOuts: optOuts.kept,
    locks: locks.kept,
    decisions: placed,
  };
}

/** One decision of a sheet with all that it rested on; null: it is not on this sheet. */
export function readSheet(sheet: Sheet, id: DecisionId): Recorded | null {
  const found = sheet.decisions.find((one) => one.id === id);
  return found === undefined ? null : whole(sheet, found);
}

/** All decisions of a sheet, newest first. What they share is one object. */
export function* decisionsOn(sheet: Sheet): Generator<Recorded & { readonly id: DecisionId }> {
  for (const one of sheet.decisions.toReversed()) yield { ...whole(sheet, one), id: one.id };
}

function whole(sheet: Sheet, found: OnSheet): Recorded {
  const at = <Kept>(kept: readonly Kept[], place: Place): Kept | null =>
    place === null ? null : (kept[place] ?? null);
  return {
    ...found,
    session: at(sheet.sessions, found.session),
    subject: at(sheet.subjects, found.subject),
    device: at(sheet.devices, found.device),
    risk: at(sheet.risks ?? [], found.risk ?? null),
    resource: at(sheet.resources, found.resource),
    optOuts: found.optOuts.flatMap(([place, used]) => {
      const optOut = at(sheet.optOuts, place);
      return optOut === null ? [] : [{ optOut, used }];
    }),
    locks: at(sheet.locks, found.locks) ?? [],
  };
}

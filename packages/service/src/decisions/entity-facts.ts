import {
  type Attributes,
  type DeviceFacts,
  type Entity,
  type EntityRef,
  laidOut,
  type Policy,
  type SubjectFacts,
} from "@postern/core";
import type { Directory } from "../entities/directory.ts";
import type { State } from "../projection/state.ts";
import { statesOf } from "../states/states.ts";

export interface EntityFactsParts {
  readonly state: State;
  readonly directory: Directory;
  readonly policy: Policy;
  readonly attributes: Attributes;
}

/** What decisions take of a subject that is held: the same for a question and for a recorded one that is asked anew. */
export function subjectFactsOf(
  { ref, concerns }: Entity & { readonly ref: SubjectFacts["ref"] },
  { state, directory, policy, attributes }: EntityFactsParts,
): SubjectFacts {
  const name = directory.name(ref);
  return {
    ref,
    attributes,
    states: new Set(statesOf(ref, state).keys()),
    ...(concerns === undefined ? {} : { concerns }),
    ...(name === null
      ? {}
      : { laidOut: laidOut("subject", policy.attributes, attributes, name.id, name.type) }),
  };
}

/** What decisions take of a device that is held, but for whose it is trusted to be. */
export function deviceFactsOf(
  { ref, shared, concerns }: Entity & { readonly ref: DeviceFacts["ref"] },
  { directory, policy, attributes }: Omit<EntityFactsParts, "state">,
): DeviceFacts {
  const id = directory.name(ref)?.id ?? ref;
  return {
    ref,
    id,
    shared,
    attributes,
    ...(concerns === undefined ? {} : { concerns }),
    laidOut: laidOut("device", policy.attributes, attributes, id, shared ?? undefined),
  };
}

export function isSubject<Held extends { readonly ref: EntityRef }>(
  held: Held,
): held is Held & { readonly ref: SubjectFacts["ref"] } {
  return held.ref.startsWith("sub_");
}

export function isDevice<Held extends { readonly ref: EntityRef }>(
  held: Held,
): held is Held & { readonly ref: DeviceFacts["ref"] } {
  return held.ref.startsWith("dev_");
}

import type { AttributeDeclarations, EntityRef, Policy, SubjectRef } from "@postern/core";
import type { Directory } from "../entities/directory.ts";
import type { Recipient } from "../ports/notice-channel.ts";
import type { StoredOptOut } from "../projection/state.ts";

/** Where a team that owns an Offer is kept, by the name that the Offer gives. */
const TEAM = "team";

/**
 * Whom an opt-out concerns: whoever holds it, and those who answer for it. These are the owner that the Offer names
 * (a person, or an entity of type `team`), and who approved it or asked for it for somebody else. Nobody twice; who
 * was erased is not there any more.
 */
export function recipientsOf(
  optOut: StoredOptOut,
  parts: {
    readonly directory: Directory;
    readonly policy: Policy;
    readonly subjectTypes: ReadonlySet<string>;
    /** The attribute in which an address is kept; null: none is. */
    readonly addressIn: string | null;
  },
): readonly Recipient[] {
  const { directory, policy, subjectTypes, addressIn } = parts;
  const holder = optOut.holder.kind === "anonymous" ? null : optOut.holder.subject;
  const found = new Map<EntityRef, Recipient>();
  const add = (ref: EntityRef, as: Recipient["as"]): void => {
    if (found.has(ref) || directory.open(ref) === null) return;
    found.set(ref, { ref, as, address: addressOf(ref, addressIn, directory, policy.attributes) });
  };
  if (holder !== null) add(holder, "holder");
  const owner = policy.offers.get(optOut.offer)?.owner;
  if (owner !== undefined) {
    for (const type of [...subjectTypes, TEAM]) {
      const entity = directory.find({ type, id: owner });
      if (entity !== undefined) add(entity.ref, "owner");
    }
  }
  for (const ref of [optOut.requestedBy, ...optOut.approvals.map(({ by }): SubjectRef => by)])
    add(ref, "owner");
  return [...found.values()];
}

/** Whose account something happened to; null: they were erased. */
export function accountOf(
  ref: EntityRef,
  parts: Pick<Parameters<typeof recipientsOf>[1], "directory" | "addressIn">,
): Recipient | null {
  const { directory, addressIn } = parts;
  if (directory.open(ref) === null) return null;
  // An address that a person verified is told of its account also where policy declares no such attribute.
  const held = addressIn === null ? null : directory.open(ref)?.attributes[addressIn];
  const address = typeof held === "string" && held !== "" ? held : null;
  return { ref, as: "holder", address };
}

function addressOf(
  ref: EntityRef,
  attribute: string | null,
  directory: Directory,
  declared: AttributeDeclarations,
): string | null {
  if (attribute === null) return null;
  const of = declared.get(ref.startsWith("sub_") ? "subject" : "resource");
  const value = directory.attributes(ref, of).get(attribute);
  return typeof value === "string" && value !== "" ? value : null;
}

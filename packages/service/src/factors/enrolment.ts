import type { Factor, FactorId, Instant, SubjectRef } from "@postern/core";
import type { DraftEvent } from "../record/command.ts";
import { type OpenedFactor, sealFactor } from "./box.ts";
import type { FactorParts } from "./factor-parts.ts";

/** What brings a factor into being. Its secret is sealed in its row alone: no entry, and so no export, has it. */
export function enrolment(made: {
  readonly parts: FactorParts;
  readonly id: FactorId;
  readonly subject: SubjectRef;
  readonly at: Instant;
  readonly by: DraftEvent["by"];
  readonly opened: OpenedFactor;
  readonly more?: Partial<Pick<Factor, "counter" | "evidence" | "expiresAt">> & { readonly blind?: string };
}): DraftEvent {
  const { parts, id, subject, at, by, opened, more = {} } = made;
  return {
    by,
    event: {
      type: "factor.enrolled",
      factor: {
        id,
        subject,
        kind: opened.kind,
        enrolledAt: at,
        expiresAt: more.expiresAt ?? null,
        usedAt: null,
        removedAt: null,
        counter: more.counter ?? 0,
        spent: [],
        evidence: more.evidence ?? null,
      },
    },
    parts: { box: sealFactor(parts, subject, id, opened), blind: more.blind ?? "" },
  };
}

const LONGEST_LABEL = 60;

/** A name as a person gave it, made short and plain. */
export function labelOf(text: string): string {
  return [...text.replace(/\p{Cc}+/gu, " ").trim()].slice(0, LONGEST_LABEL).join("");
}

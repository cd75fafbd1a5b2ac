/** How surely a subject is known, in order (NIST SP 800-63B-4 section 2). */
export type Assurance = "none" | "aal1" | "aal2" | "aal3";

export const ASSURANCES: readonly Assurance[] = ["none", "aal1", "aal2", "aal3"];

const RANK: Readonly<Record<Assurance, number>> = { none: 0, aal1: 1, aal2: 2, aal3: 3 };

export function isAssurance(text: string): text is Assurance {
  return Object.hasOwn(RANK, text);
}

export function reaches(held: Assurance, wanted: Assurance): boolean {
  return RANK[held] >= RANK[wanted];
}

export function stricter(a: Assurance, b: Assurance): Assurance {
  return RANK[a] >= RANK[b] ? a : b;
}

export function weaker(a: Assurance, b: Assurance): Assurance {
  return RANK[a] <= RANK[b] ? a : b;
}

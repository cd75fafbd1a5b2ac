import type { Compliance } from "../risk/signal.ts";
import type { Instant } from "../vocabulary/instant.ts";

/** What one source last said of a device; held with a person where it named no device that is known. */
export interface ComplianceStatement {
  readonly source: string;
  readonly compliant: boolean;
  /** When it was so, as the source says. */
  readonly at: Instant;
}

type Statements = readonly ComplianceStatement[];

const MOST_SOURCES = 16;

/** Whether the source has said nothing newer. Of two that say different things of one instant, the worse counts. */
export function isComplianceNews(before: Statements | undefined, said: ComplianceStatement): boolean {
  const last = before?.find(({ source }) => source === said.source);
  if (last === undefined || said.at > last.at) return true;
  return said.at === last.at && last.compliant && !said.compliant;
}

/** The statements with one more in place of the last of its source. Of too many, the oldest all-clear is forgotten. */
export function withCompliance(before: Statements | undefined, said: ComplianceStatement): Statements {
  const all = [...(before ?? []).filter(({ source }) => source !== said.source), said];
  if (all.length <= MOST_SOURCES) return all;
  const [least] = [...all].sort((a, b) => Number(b.compliant) - Number(a.compliant) || a.at - b.at);
  return all.filter((one) => one !== least);
}

/**
 * What is known of a device in the hands of a person: compliant where somebody says so of this device, and nobody says
 * otherwise of it, or of the person's devices without naming one.
 */
export function complianceOf(device: Statements | undefined, person: Statements | undefined): Compliance {
  const amiss = (statements: Statements | undefined): boolean =>
    statements?.some(({ compliant }) => !compliant) === true;
  if (amiss(device) || amiss(person)) return "non-compliant";
  return device === undefined || device.length === 0 ? "unknown" : "compliant";
}

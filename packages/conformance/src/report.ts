import type { ProfileResult } from "./authzen-profiles/run.ts";
import type { AuthzenResult } from "./authzen-todo/run.ts";
import type { SearchResult } from "./authzen-todo/search.ts";
import type { CelResultTable } from "./cel.ts";
import type { MerkleResult } from "./merkle.ts";
import type { SeceventsResult } from "./secevents/examples.ts";
import type { StreamsResult } from "./secevents/streams.ts";
import type { WebhooksResult } from "./webhooks.ts";

/** One suite, as it is printed, and whether all of it is as it should be. */
export interface Section {
  readonly lines: readonly string[];
  readonly right: boolean;
}

/** What the Merkle vectors hold: proofs that must be accepted and proofs that must be refused. */
const MERKLE = { accepted: 12, refused: 184 };
const WEBHOOKS = { published: 1, accepted: 8, refused: 88 };
const AUTHZEN = { evaluation: 40, evaluations: 3 };

export function authzenSection({ evaluation, evaluations, wrong }: AuthzenResult): Section {
  const right = evaluation.right + evaluations.right;
  const of = AUTHZEN.evaluation + AUTHZEN.evaluations;
  const complete = evaluation.of === AUTHZEN.evaluation && evaluations.of === AUTHZEN.evaluations;
  return {
    right: right === of && complete && wrong.length === 0,
    lines: [
      "AuthZEN to-do interop, over HTTP",
      row("evaluation", `${evaluation.right} of ${AUTHZEN.evaluation}`),
      row("evaluations", `${evaluations.right} of ${AUTHZEN.evaluations}`),
      row("total", `${right} of ${of}`),
      ...wrong.map((one) => `  wrong: ${one}`),
    ],
  };
}

/** Each single decision is looked for three times, and each search walked twice. */
export function searchSection({ found, paged, wrong }: SearchResult): Section {
  const { subject, resource, action } = found;
  const searches = AUTHZEN.evaluation * 3;
  return {
    right:
      [subject, resource, action].every(
        ({ right, of }) => right === AUTHZEN.evaluation && of === AUTHZEN.evaluation,
      ) &&
      paged.right === searches &&
      wrong.length === 0,
    lines: [
      "AuthZEN search on the to-do interop, over HTTP",
      row("subject", `${subject.right} of ${AUTHZEN.evaluation}`),
      row("resource", `${resource.right} of ${AUTHZEN.evaluation}`),
      row("action", `${action.right} of ${AUTHZEN.evaluation}`),
      row("the same page by page", `${paged.right} of ${searches}`),
      ...wrong.map((one) => `  wrong: ${one}`),
    ],
  };
}

/** How many worked examples of each profile are played. Some are of what is not taken: see docs/access-request.md. */
const PROFILES = { "access-request": 12, obligations: 6 };

export function profileSection(
  name: keyof typeof PROFILES,
  { profile, right, of, wrong }: ProfileResult,
): Section {
  const all = PROFILES[name];
  return {
    right: right === all && of === all && wrong.length === 0,
    lines: [
      `${profile}, over HTTP`,
      row("worked examples", `${right} of ${all}`),
      ...wrong.map((one) => `  wrong: ${one}`),
    ],
  };
}

export function merkleSection({ accepted, refused, wrong }: MerkleResult): Section {
  return {
    right: accepted === MERKLE.accepted && refused === MERKLE.refused && wrong.length === 0,
    lines: [
      "RFC 6962 proofs",
      row("accepted", `${accepted} of ${MERKLE.accepted}`),
      row("refused", `${refused} of ${MERKLE.refused}`),
      ...wrong.map((one) => `  wrong: ${one}`),
    ],
  };
}

export function webhooksSection({ published, accepted, refused, wrong }: WebhooksResult): Section {
  return {
    right:
      published === WEBHOOKS.published &&
      accepted === WEBHOOKS.accepted &&
      refused === WEBHOOKS.refused &&
      wrong.length === 0,
    lines: [
      "Standard Webhooks, over HTTP",
      row("published signature", `${published} of ${WEBHOOKS.published}`),
      row("deliveries accepted", `${accepted} of ${WEBHOOKS.accepted}`),
      row("altered ones refused", `${refused} of ${WEBHOOKS.refused}`),
      ...wrong.map((one) => `  wrong: ${one}`),
    ],
  };
}

const SECEVENTS = { accepted: 13, refused: 130 };

export function seceventsSection({ accepted, refused, pushed, wrong }: SeceventsResult): Section {
  return {
    right:
      [{ accepted, refused }, pushed].every(
        (one) => one.accepted === SECEVENTS.accepted && one.refused === SECEVENTS.refused,
      ) && wrong.length === 0,
    lines: [
      "Security events of SSF, CAEP and RISC 1.0",
      row("examples accepted", `${accepted} of ${SECEVENTS.accepted}`),
      row("altered ones refused", `${refused} of ${SECEVENTS.refused}`),
      row("accepted over HTTP", `${pushed.accepted} of ${SECEVENTS.accepted}`),
      row("refused over HTTP", `${pushed.refused} of ${SECEVENTS.refused}`),
      ...wrong.map((one) => `  wrong: ${one}`),
    ],
  };
}

/** Three between the nodes for each way of delivery, and what a receiver asks for. */
const STREAM_OPERATIONS = 27;

export function streamsSection({ right, of, wrong }: StreamsResult): Section {
  return {
    right: right === STREAM_OPERATIONS && of === STREAM_OPERATIONS && wrong.length === 0,
    lines: [
      "Shared Signals streams, our receiver against our transmitter, over HTTP",
      row("operations", `${right} of ${STREAM_OPERATIONS}`),
      ...wrong.map((one) => `  wrong: ${one}`),
    ],
  };
}

export function celSection({ groups }: CelResultTable): Section {
  const features = [...new Set(groups.flatMap(({ refused }) => Object.keys(refused)))].sort();
  const counts = groups.map((group) => ({ ...group, out: sum(Object.values(group.refused)) }));
  const total = (of: (group: (typeof counts)[number]) => number): number => sum(counts.map(of));
  const failed = groups.flatMap((group) => group.failed);
  const columns = (name: string, ...cells: readonly (string | number)[]): string =>
    `  ${name.padEnd(16)}${cells.map((cell) => String(cell).padStart(10)).join("")}`;
  return {
    right: failed.length === 0 && total(({ passed }) => passed) > 0,
    lines: [
      "CEL, through the closures that decisions use",
      columns("group", "passed", "refused", "failed", "in policy"),
      ...counts.map(({ name, passed, out, failed: wrong, admitted }) =>
        columns(name, passed, out, wrong.length, admitted),
      ),
      columns(
        "total",
        total(({ passed }) => passed),
        total(({ out }) => out),
        failed.length,
        total(({ admitted }) => admitted),
      ),
      "  refused by the policy compiler, as documented:",
      ...features.map((feature) =>
        row(
          `  ${feature}`,
          `${sum(groups.map(({ refused }) => new Map(Object.entries(refused)).get(feature) ?? 0))} cases`,
        ),
      ),
      ...failed.map((one) => `  wrong: ${one}`),
    ],
  };
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(28)}${value}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

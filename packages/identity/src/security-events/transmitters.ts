import { accept, isSignalKind, type Result, refuse, SIGNAL_KINDS, type SignalKind } from "@postern/core";
import { mayBeAsked } from "../outside/reachable.ts";
import { SET_ALGORITHMS } from "./verify.ts";

/** A transmitter of Shared Signals (SSF 1.0) that is listened to, as configuration names it. */
export interface TransmitterSettings {
  /** The name of the source in policy and in the record. */
  readonly id: string;
  readonly issuer: string;
  /** What its tokens must name in `aud`. */
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** Where its keys are; null: where its own configuration says. */
  readonly jwksUri: string | null;
  /** Types of the subjects that it may speak of. */
  readonly subjectTypes: readonly string[];
  readonly delivery: "push" | "poll";
  /** What a push must bring as `Authorization: Bearer`; null: the signature alone counts. */
  readonly pushToken: string | null;
  /** Opens its stream management and its poll endpoint; null: the stream is managed by hand. */
  readonly apiToken: string | null;
  /** The events that it is asked for. */
  readonly events: readonly SignalKind[];
}

type Fields = Readonly<Record<string, unknown>>;

const KNOWN: ReadonlySet<string> = new Set([
  "id",
  "issuer",
  "audience",
  "algorithms",
  "jwks_uri",
  "subject_types",
  "delivery",
  "push_token",
  "api_token",
  "events",
]);

/** Reads `{"transmitters": [...]}`. The refusal names the transmitter and the field, and repeats no secret. */
export function readTransmitters(text: string): Result<readonly TransmitterSettings[], string> {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return refuse("expected JSON");
  }
  if (!isFields(read) || Object.keys(read).join() !== "transmitters" || !Array.isArray(read.transmitters))
    return refuse('expected `{"transmitters": [...]}`');
  const all: TransmitterSettings[] = [];
  for (const [index, one] of read.transmitters.entries()) {
    const made = transmitterOf(one);
    if (!made.ok) return refuse(`transmitters[${index}]: ${made.refusal}`);
    if (all.some(({ id, issuer }) => id === made.value.id || issuer === made.value.issuer))
      return refuse(`transmitters[${index}]: expected each \`id\` and each \`issuer\` once`);
    all.push(made.value);
  }
  return accept(all);
}

function transmitterOf(given: unknown): Result<TransmitterSettings, string> {
  if (!isFields(given)) return refuse("expected an object");
  const unknown = Object.keys(given).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) return refuse(`unknown field \`${unknown.slice(0, 64)}\``);
  const { id, issuer, audience, jwks_uri: jwksUri = null } = given;
  if (typeof id !== "string" || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id) || id.length > 32)
    return refuse("expected an `id` of at most 32 lower-case letters, digits and single dashes");
  if (!isText(issuer) || !mayBeAsked(issuer, issuer) || /[?#]/.test(issuer))
    return refuse("expected an https `issuer` without query and fragment (http only to this machine)");
  if (!isText(audience)) return refuse("expected an `audience`");
  if (jwksUri !== null && (!isText(jwksUri) || !mayBeAsked(jwksUri, issuer)))
    return refuse("expected a public https address in `jwks_uri`");
  const algorithms = given.algorithms ?? ["RS256", "ES256", "PS256", "EdDSA"];
  if (!isTexts(algorithms) || algorithms.some((one) => !SET_ALGORITHMS.includes(one)))
    return refuse(`expected \`algorithms\` out of ${SET_ALGORITHMS.join(", ")}`);
  const subjectTypes = given.subject_types ?? ["user", "device"];
  if (!isTexts(subjectTypes)) return refuse("expected `subject_types`, as a list of texts");
  const delivery = given.delivery ?? "push";
  if (delivery !== "push" && delivery !== "poll") return refuse("expected a `delivery` of push or poll");
  const { push_token: pushToken = null, api_token: apiToken = null } = given;
  if ((pushToken !== null && !isText(pushToken)) || (apiToken !== null && !isText(apiToken)))
    return refuse("expected texts in `push_token` and `api_token`");
  if (delivery === "poll" && apiToken === null) return refuse("expected an `api_token`, since it is polled");
  const events = given.events ?? SIGNAL_KINDS;
  if (!isTexts(events)) return refuse("expected `events`, as a list of texts");
  const kinds = events.filter(isSignalKind);
  const other = events.find((one) => !isSignalKind(one));
  if (other !== undefined) return refuse(`unknown event \`${other.slice(0, 64)}\``);
  return accept({
    id,
    issuer,
    audience,
    algorithms,
    jwksUri,
    subjectTypes,
    delivery,
    pushToken,
    apiToken,
    events: kinds,
  });
}

function isFields(given: unknown): given is Fields {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

function isText(given: unknown): given is string {
  return typeof given === "string" && given !== "" && given.length <= 2_048;
}

function isTexts(given: unknown): given is readonly string[] {
  return Array.isArray(given) && given.length > 0 && given.length <= 100 && given.every(isText);
}

import type { Outcome } from "@postern/core";
import { type Fields, fieldsListIn, isFields, numberIn, textIn } from "./json.ts";
import { PosternUnavailable } from "./problem.ts";

/** A requirement that an opt-out waived. */
export interface WaivedControl {
  readonly control: string;
  /** `oo_…` */
  readonly optOut: string;
  /** RFC 3339: when the opt-out ends. */
  readonly ends: string | null;
}

/** A requirement that is not met, and the code of why. */
export interface UnmetRequirement {
  readonly requirement: string;
  readonly reason: string;
}

/** An answer as it came, consistent with itself. */
export interface Answer {
  readonly outcome: Outcome;
  /** `dec_…`: name it when asking why. */
  readonly decisionId: string | null;
  readonly evaluatedAt: string | null;
  /** What the person may be told, by locale. */
  readonly message: Readonly<Record<string, string>>;
  readonly waived: readonly WaivedControl[];
  readonly unmet: readonly UnmetRequirement[];
  /** RFC 9470: what a step-up must reach, and how fresh in seconds. */
  readonly acrValues: string | null;
  readonly maxAge: number | null;
  /** The whole challenge, where the question was put with an access token. */
  readonly wwwAuthenticate: string | null;
  /** What must be done together with letting the request through; whoever cannot do it must refuse. */
  readonly obligations: readonly Obligation[];
  /** What could be asked for, where an offer could answer a refusal and the token may ask. */
  readonly requestable: Requestable | null;
  /** Why an approval that was presented does not help, and what to do: `request`, `retry` or `none`. */
  readonly reason: string | null;
  readonly nextAction: string | null;
}

export interface Obligation {
  readonly id: string | null;
  readonly type: string;
  readonly properties: Fields;
}

/** What a refusal says where an offer could answer it. Good until `expiresAt`, once, for the token that was told. */
export interface Requestable {
  readonly offer: string | null;
  readonly expiresAt: string;
  /** Opaque. It binds a request to this refusal and opens nothing. */
  readonly bindingToken: string;
  /** What is offered, by locale. */
  readonly title: Readonly<Record<string, string>>;
}

const OUTCOMES: readonly Outcome[] = ["permit", "honour", "challenge", "deny"];

/**
 * Reads an AuthZEN answer. Throws `PosternUnavailable` unless the boolean and the outcome agree: half an answer is
 * no answer.
 */
export function answerOf(body: unknown): Answer {
  if (!isFields(body) || typeof body.decision !== "boolean") {
    throw new PosternUnavailable("garbled", "expected a boolean `decision`");
  }
  const context = isFields(body.context) ? body.context : {};
  const outcome = OUTCOMES.find((one) => one === context.outcome);
  if (outcome === undefined)
    throw new PosternUnavailable("garbled", "expected an outcome beside the decision");
  if (body.decision !== (outcome === "permit" || outcome === "honour")) {
    throw new PosternUnavailable("garbled", `expected a decision that agrees with \`${outcome}\``);
  }
  const waived = fieldsListIn(context, "waived").map(waivedOf);
  if ((outcome === "honour") !== waived.length > 0 && outcome !== "challenge" && outcome !== "deny") {
    throw new PosternUnavailable("garbled", "expected an honour to name what it waives, and nothing else to");
  }
  return {
    outcome,
    decisionId: textIn(context, "evaluation_id"),
    evaluatedAt: textIn(context, "evaluated_at"),
    message: textsOf(context.reason_user),
    waived,
    unmet: fieldsListIn(context, "unmet").map(unmetOf),
    acrValues: textIn(context, "acr_values"),
    maxAge: numberIn(context, "max_age"),
    wwwAuthenticate: textIn(context, "www_authenticate"),
    obligations: obligationsOf(context),
    requestable: body.decision ? null : requestableOf(context.access_request),
    reason: textIn(context, "reason"),
    nextAction: textIn(context, "next_action"),
  };
}

function waivedOf(fields: Fields): WaivedControl {
  return {
    control: textIn(fields, "control") ?? "",
    optOut: textIn(fields, "opt_out") ?? "",
    ends: textIn(fields, "ends"),
  };
}

function unmetOf(fields: Fields): UnmetRequirement {
  return { requirement: textIn(fields, "requirement") ?? "", reason: textIn(fields, "reason") ?? "" };
}

/** An obligation that cannot be read is kept as one that nobody can perform. */
function obligationsOf(context: Fields): readonly Obligation[] {
  if (context.obligations === undefined) return [];
  if (!Array.isArray(context.obligations)) return [{ id: null, type: "", properties: {} }];
  return context.obligations.map((one: unknown) => {
    const fields = isFields(one) ? one : {};
    return {
      id: textIn(fields, "id"),
      type: textIn(fields, "type") ?? "",
      properties: isFields(fields.properties) ? fields.properties : {},
    };
  });
}

function requestableOf(value: unknown): Requestable | null {
  if (!isFields(value)) return null;
  const [expiresAt, bindingToken] = [textIn(value, "expires_at"), textIn(value, "binding_token")];
  if (expiresAt === null || bindingToken === null) return null;
  const display = isFields(value.display) ? value.display : {};
  return { offer: textIn(value, "template"), expiresAt, bindingToken, title: textsOf(display.title) };
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isFields(value)) return {};
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(entries);
}

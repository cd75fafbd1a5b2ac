import type { TObject, TOptional, TString, TUnsafe } from "typebox";
import { Type } from "typebox";
import { ASSURANCES, type Assurance } from "../../vocabulary/assurance.ts";
import type { Mode } from "../revision.ts";
import { fields, oneOf, text } from "./schema.ts";

/** Fields that several kinds of document share. */

export const NAME = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";

export function name(description: string): TString {
  return text({
    description,
    expected: "lower-case letters, digits and single dashes",
    pattern: NAME,
    maxLength: 64,
  });
}

export const owner: TString = text({
  description: "Who answers for this document: a team or a person.",
  expected: "the name of a team or a person",
  pattern: "^\\S(.*\\S)?$",
  maxLength: 128,
});

export const mode: TUnsafe<Mode> = oneOf(
  ["observe", "warn", "enforce"],
  "`enforce` acts; `warn` and `observe` only record what would have happened.",
);

export const observeUntil: TOptional<TString> = Type.Optional(
  text({
    description:
      "Until when it is observed: a date such as `2026-12-01` (its first moment, in UTC) or a time with a zone. At most 90 days ahead.",
    maxLength: 40,
    reads: "until",
  }),
);

export const alwaysEnforced: TOptional<TUnsafe<"enforce">> = Type.Optional(
  oneOf(["enforce"], "Always `enforce` for this kind."),
);

export const description: TOptional<TString> = Type.Optional(
  text({ description: "A note for the people who read this policy." }),
);

export function duration(why: string): TString {
  return text({
    description: `${why} An ISO 8601 duration such as \`P7D\` or \`PT15M\`.`,
    maxLength: 40,
    reads: "duration",
  });
}

export function condition(why: string): TString {
  return text({
    description: `${why} A CEL condition over declared attributes.`,
    maxLength: 2048,
    reads: "condition",
  });
}

export function assurance(why: string): TUnsafe<Assurance> {
  return oneOf(ASSURANCES, why);
}

export const resource: TString = text({
  description: "`type:path`, where `*` is any one segment and `**` at the end is everything below.",
  maxLength: 1024,
  reads: "resource",
});

export const action: TString = text({
  description: "The name of an action; at a gate the method in lower case.",
  maxLength: 128,
  reads: "action",
});

export const stepUp: TObject<{ assurance: TUnsafe<Assurance>; maxAge: TOptional<TString> }> = fields(
  {
    assurance: assurance("The assurance that the step reaches."),
    maxAge: Type.Optional(
      duration("How recent the authentication must be. Omitted: any time in the session."),
    ),
  },
  "A higher assurance, or a fresh authentication.",
);

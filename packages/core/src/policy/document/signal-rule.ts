import { Type } from "typebox";
import { SIGNAL_KINDS, type SignalKind } from "../../signal/kind.ts";
import { SIGNAL_LEVELS, type SignalLevel } from "../../signal/statement.ts";
import { CONTROL_IDS, type ControlId } from "../../vocabulary/control.ts";
import type { Mode } from "../revision.ts";
import { description, duration, mode, NAME, name, owner, stepUp } from "./field.ts";
import type { StepUpText } from "./protection.ts";
import { type DocumentSchema, documentSchema, fields, listOf, oneOf, text } from "./schema.ts";

export interface SignalRuleDocument {
  readonly kind: "SignalRule";
  readonly name: string;
  readonly owner: string;
  readonly mode: Mode;
  readonly description?: string;
  readonly signals: readonly SignalKind[];
  readonly level?: SignalLevel;
  readonly from?: readonly string[];
  readonly suspend?: {
    readonly all?: boolean;
    readonly controls?: readonly ControlId[];
    readonly offers?: readonly string[];
  };
  readonly endSessions?: "named" | "all";
  readonly resume?: {
    readonly calm?: string;
    readonly calmSince?: "signal" | "cleared";
    readonly stepUp?: StepUpText;
    readonly person?: boolean;
  };
}

const named = (of: string): ReturnType<typeof text> =>
  text({
    description: of,
    expected: "lower-case letters, digits and single dashes",
    pattern: NAME,
    maxLength: 64,
  });

const schema = fields(
  {
    kind: oneOf(["SignalRule"], "What follows from a security signal."),
    name: name("The name of the rule, as it stands in the record."),
    owner,
    mode,
    description,
    signals: listOf(
      oneOf(SIGNAL_KINDS, "A kind of signal, by its name in CAEP or RISC."),
      "The signals that it is about.",
    ),
    level: Type.Optional(
      oneOf(SIGNAL_LEVELS, "Of `risk-level-change`: the least level that it is about. Omitted: `medium`."),
    ),
    from: Type.Optional(
      listOf(named("A source of signals."), "The sources that are listened to. Omitted: every one."),
    ),
    suspend: Type.Optional(
      fields(
        {
          all: Type.Optional(Type.Boolean({ description: "All that the person, or the device, has." })),
          controls: Type.Optional(
            listOf(oneOf(CONTROL_IDS, "A control."), "Those from any of these controls."),
          ),
          offers: Type.Optional(listOf(named("The name of an Offer."), "Those by any of these Offers.")),
        },
        "The opt-outs that are suspended, and not granted anew, while it stands.",
      ),
    ),
    endSessions: Type.Optional(
      oneOf(
        ["named", "all"],
        "The sessions that end: the one that the signal names (or those on the device that it names), or all.",
      ),
    ),
    resume: Type.Optional(
      fields(
        {
          calm: Type.Optional(duration("How long it must have been calm.")),
          calmSince: Type.Optional(
            oneOf(
              ["signal", "cleared"],
              "Whether calm counts from the last such signal, or from the one that says that all is well again. Omitted: the latter, where there can be one.",
            ),
          ),
          stepUp: Type.Optional(stepUp),
          person: Type.Optional(
            Type.Boolean({ description: "A second person, who may approve, may clear it." }),
          ),
        },
        "What lets it resume, whichever comes first. Omitted: a person.",
      ),
    ),
  },
  "What follows from a security signal.",
);

export const signalRuleSchema: DocumentSchema<SignalRuleDocument> = documentSchema(schema);

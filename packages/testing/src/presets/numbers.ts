import {
  type LadderLimits,
  milliseconds,
  NIST_LIMITS,
  PRESET_NAMES,
  PRESETS,
  type Preset,
  type PresetName,
  type Presets,
} from "@postern/core";

/** Every number that a published rule gives sessions here. */
export interface Numbers {
  readonly presets: Presets;
  /** How long what was done counts towards a level, whatever a profile says. */
  readonly levels: LadderLimits;
}

export const SHIPPED: Numbers = { presets: PRESETS, levels: NIST_LIMITS };

export type End = "overall" | "inactivity";
type Extendable = NonNullable<Preset["extendable"]>;

/** Where one of them stands. */
export type Address =
  | { readonly preset: PresetName; readonly field: End | "inactivityNeeded" | keyof Extendable }
  | { readonly level: keyof LadderLimits };

export function nameOf(address: Address): string {
  return "level" in address ? `level ${address.level}` : `${address.preset} ${address.field}`;
}

/** Every number, and every demand without one; what a rule leaves open is not among them. */
export function addressesOf({ presets, levels }: Numbers): readonly Address[] {
  const stated = PRESET_NAMES.flatMap((preset): readonly Address[] => {
    const { overall, inactivity, inactivityNeeded, extendable } = presets[preset];
    return [
      ...(overall === null ? [] : [{ preset, field: "overall" as const }]),
      ...(inactivity === null ? [] : [{ preset, field: "inactivity" as const }]),
      ...(inactivityNeeded ? [{ preset, field: "inactivityNeeded" as const }] : []),
      ...(extendable === null ? [] : EXTENDABLE.map((field) => ({ preset, field }))),
    ];
  });
  return [...stated, ...(Object.keys(levels) as (keyof LadderLimits)[]).map((level) => ({ level }))];
}

const EXTENDABLE = ["extensions", "warnBefore", "exemptAbove"] as const;

/** Another table of numbers, with one of them altered. */
export interface Alteration {
  readonly text: string;
  readonly numbers: Numbers;
}

/**
 * The smallest alterations either way: a millisecond of an end. What only the linter reads moves by a second, since no
 * policy states less, and a count by one. A demand without a number can only be dropped.
 */
export function alterationsOf(address: Address, numbers: Numbers): readonly Alteration[] {
  if ("level" in address) {
    const { level } = address;
    const limit = numbers.levels[level];
    return [-1, 1].map((by) => ({
      text: `${signed(by)} ms`,
      numbers: { ...numbers, levels: { ...numbers.levels, [level]: milliseconds(limit + by) } },
    }));
  }
  const { preset, field } = address;
  const rule = numbers.presets[preset];
  switch (field) {
    case "overall":
    case "inactivity": {
      const limit = rule[field];
      if (limit === null) return [];
      return [-1, 1].map((by) => withRule({ [field]: milliseconds(limit + by) }, `${signed(by)} ms`));
    }
    case "inactivityNeeded":
      return [withRule({ inactivityNeeded: false }, "dropped")];
    case "extensions":
    case "warnBefore":
    case "exemptAbove": {
      const { extendable } = rule;
      if (extendable === null) return [];
      return [-1, 1].map((by) => {
        const changed: Extendable =
          field === "extensions"
            ? { ...extendable, extensions: extendable.extensions + by }
            : { ...extendable, [field]: milliseconds(extendable[field] + by * 1000) };
        return withRule({ extendable: changed }, `${signed(by)}${field === "extensions" ? "" : " s"}`);
      });
    }
    default:
      return field satisfies never;
  }

  function withRule(changes: Partial<Preset>, text: string): Alteration {
    return {
      text,
      numbers: { ...numbers, presets: { ...numbers.presets, [preset]: { ...rule, ...changes } } },
    };
  }
}

function signed(by: number): string {
  return by < 0 ? `−${-by}` : `+${by}`;
}

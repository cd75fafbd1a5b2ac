/** What is drawn: whole minutes, rounded up, until a minute is left, then seconds. */
export function shownTime(left: number, lang: string): string {
  const seconds = Math.max(0, Math.ceil(left / 1_000));
  return seconds > 60 ? inUnits(Math.ceil(seconds / 60), "minute", lang) : inUnits(seconds, "second", lang);
}

export function inUnits(
  count: number,
  unit: "minute" | "second",
  lang: string,
  unitDisplay: "long" | "short" = "long",
): string {
  return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay }).format(count);
}

/**
 * The mark that was passed last between two looks at the time left (milliseconds), in seconds: each whole minute above
 * one, then 60, 40 and 20. Null: none. Speech is written at these only: a countdown that is read out in full drowns
 * everything else.
 */
export function spokenMark(before: number, left: number): number | null {
  if (left <= 0) return null;
  const step = left > 60_000 ? 60 : 20;
  const mark = Math.ceil(left / 1_000 / step) * step;
  return mark * 1_000 < before ? mark : null;
}

/** `{name}` in a message stands for a value. */
export function filled(message: string, values: Readonly<Record<string, string>>): string {
  return message.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
}

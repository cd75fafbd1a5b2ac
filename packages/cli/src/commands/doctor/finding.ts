/** One line of the doctor's report. */
export interface Finding {
  readonly check: string;
  readonly result: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string;
}

export function ok(check: string, detail: string): Finding {
  return { check, result: "ok", detail };
}

export function warn(check: string, detail: string, fix: string): Finding {
  return { check, result: "warn", detail, fix };
}

export function fail(check: string, detail: string, fix: string): Finding {
  return { check, result: "fail", detail, fix };
}

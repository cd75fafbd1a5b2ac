type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Which of the fields with this name, and what is in it: a text, a tick, or what is chosen. */
type Entry = readonly [name: string, at: number, value: string | boolean | readonly string[]];

const NOT_TYPED: ReadonlySet<string> = new Set([
  "password",
  "file",
  "hidden",
  "submit",
  "button",
  "image",
  "reset",
]);
/** Secrets, and what is on a payment card (the autofill tokens of HTML). */
const SECRET = /(?:^|\s)(?:(?:current|new)-password|one-time-code|cc-\S+)(?:\s|$)/i;

export interface FormFields {
  /** What differs from how the form was at first; null where nothing does. */
  read(): readonly Entry[] | null;
  write(entries: unknown): void;
}

export function formFields(form: HTMLFormElement): FormFields {
  /** A password that is shown as text is still one. */
  const secrets = new WeakSet<Element>();
  function* fields(): Generator<readonly [Field, string, number]> {
    const seen = new Map<string, number>();
    for (const field of form.elements) {
      if (!isField(field) || field.name === "") continue;
      const at = seen.get(field.name) ?? 0;
      seen.set(field.name, at + 1);
      if (field.type === "password") secrets.add(field);
      const never =
        NOT_TYPED.has(field.type) ||
        secrets.has(field) ||
        SECRET.test(field.autocomplete) ||
        field.closest('[data-postern-draft="never"]') !== null;
      if (!never && !field.disabled) yield [field, field.name, at];
    }
  }
  const entries = (): Entry[] => [...fields()].map(([field, name, at]) => [name, at, contentOf(field)]);
  const nameOf = ([name, at]: Entry): string => JSON.stringify([name, at]);
  const first = new Map(entries().map((entry) => [nameOf(entry), JSON.stringify(entry[2])]));
  return {
    read() {
      const typed = entries().filter((entry) => first.get(nameOf(entry)) !== JSON.stringify(entry[2]));
      return typed.length === 0 ? null : typed;
    },
    write(value) {
      const kept = new Map(
        Array.isArray(value) ? value.map((entry: Entry) => [nameOf(entry), entry[2]]) : [],
      );
      for (const [field, name, at] of [...fields()]) {
        const id = nameOf([name, at, ""]);
        const was = kept.get(id);
        const touched = first.get(id) !== JSON.stringify(contentOf(field));
        if (was === undefined || touched || !fill(field, was)) continue;
        for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
      }
    },
  };
}

function isField(element: Element): element is Field {
  return (
    element instanceof HTMLInputElement ||
    element instanceof HTMLSelectElement ||
    element instanceof HTMLTextAreaElement
  );
}

function isTick(field: Field): field is HTMLInputElement {
  return field.type === "checkbox" || field.type === "radio";
}

function contentOf(field: Field): Entry[2] {
  if (field instanceof HTMLSelectElement) return [...field.selectedOptions].map(({ value }) => value);
  return isTick(field) ? field.checked : field.value;
}

/** Past a framework's own setter on the field, so that it sees the change as one that a person made. */
function set(field: HTMLElement, name: "value" | "checked", value: string | boolean): void {
  const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), name);
  own?.set?.call(field, value);
}

function fill(field: Field, value: Entry[2]): boolean {
  if (JSON.stringify(contentOf(field)) === JSON.stringify(value)) return false;
  if (field instanceof HTMLSelectElement) {
    if (!Array.isArray(value)) return false;
    for (const option of field.options) option.selected = value.includes(option.value);
  } else if (isTick(field)) {
    if (typeof value !== "boolean") return false;
    set(field, "checked", value);
  } else if (typeof value === "string") {
    set(field, "value", value);
  }
  return true;
}

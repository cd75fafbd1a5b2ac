import { request } from "node:http";

export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface Sending {
  readonly method?: string;
  /** Fields of a form. */
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Says that a person opens a page, as browsers do. */
  readonly navigation?: boolean;
  /** The request target exactly as given, however strange. */
  readonly target?: string;
}

/** Just enough of a browser: cookies by host (ports share them, as in browsers), redirects and forms. */
export interface Browser {
  /** One request; redirects are answered, not followed. */
  send(url: string, sending?: Sending): Promise<Answer>;
  /** Opens a page as a person does and follows up to ten redirects. */
  open(url: string): Promise<Answer>;
  /** Sends the form whose markup `matches`, filled with its own values and then with `fields`. */
  submit(page: Answer, matches: RegExp, fields?: Readonly<Record<string, string>>): Promise<Answer>;
  forget(): void;
}

export function createBrowser(): Browser {
  const cookies = new Map<string, string>();

  function remember(answer: Answer): void {
    const set = answer.headers["set-cookie"];
    for (const line of typeof set === "string" ? [set] : (set ?? [])) {
      const [pair = "", ...attributes] = line.split(";");
      const split = pair.indexOf("=");
      const [name, value] = [pair.slice(0, split).trim(), pair.slice(split + 1).trim()];
      const gone = value === "" || attributes.some((one) => /^\s*max-age=0\s*$/i.test(one));
      if (gone) cookies.delete(name);
      else cookies.set(name, value);
    }
  }

  async function send(url: string, sending: Sending = {}): Promise<Answer> {
    const body = sending.form === undefined ? "" : new URLSearchParams(sending.form).toString();
    const headers: Record<string, string> = { accept: sending.navigation === true ? "text/html" : "*/*" };
    if (cookies.size > 0) headers.cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    if (sending.navigation === true) {
      headers["sec-fetch-mode"] = "navigate";
      headers["sec-fetch-dest"] = "document";
      headers["sec-fetch-site"] = "none";
    }
    if (sending.form !== undefined) {
      headers["content-type"] = "application/x-www-form-urlencoded";
      headers["content-length"] = String(Buffer.byteLength(body));
    }
    const answer = await exchange(
      url,
      sending.method ?? "GET",
      { ...headers, ...sending.headers },
      body,
      sending.target,
    );
    remember(answer);
    return answer;
  }

  async function follow(answer: Answer): Promise<Answer> {
    let last = answer;
    for (let count = 0; count < 10; count++) {
      const to = last.headers.location;
      if (last.status < 300 || last.status > 399 || typeof to !== "string") return last;
      last = await send(new URL(to, last.url).href, { navigation: true });
    }
    throw new Error(`expected at most ten redirects from \`${answer.url}\``);
  }

  return {
    send,
    open: async (url) => follow(await send(url, { navigation: true })),
    async submit(page, matches, fields = {}) {
      const form = formsOf(page).find(({ markup }) => matches.test(markup));
      if (form === undefined)
        throw new Error(`found no form like ${matches} at \`${page.url}\` (${page.status})`);
      const sent = await send(form.action, {
        method: "POST",
        navigation: true,
        form: { ...form.fields, ...fields },
        headers: { origin: new URL(page.url).origin, "sec-fetch-site": "same-origin" },
      });
      return follow(sent);
    },
    forget: () => cookies.clear(),
  };
}

function exchange(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  target: string | undefined,
): Promise<Answer> {
  const { hostname, port, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: hostname, port, method, path: target ?? `${pathname}${search}`, headers, agent: false },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({
            url,
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(parts).toString("utf8"),
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

interface Form {
  readonly markup: string;
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The forms of a page with the values that they hold; of several choices the checked one, else none. */
function formsOf(page: Answer): readonly Form[] {
  return [...page.body.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/g)].map(([markup]) => {
    const opening = markup.slice(0, markup.indexOf(">"));
    const fields: Record<string, string> = {};
    for (const [tag] of markup.matchAll(/<input\b[^>]*>/g)) {
      const name = attribute(tag, "name");
      const choice = /type="?(radio|checkbox)/.test(tag);
      if (name !== null && (!choice || /\schecked/.test(tag))) fields[name] = attribute(tag, "value") ?? "";
    }
    return { markup, action: new URL(attribute(opening, "action") ?? "", page.url).href, fields };
  });
}

function attribute(tag: string, name: string): string | null {
  const found = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`).exec(tag);
  const value = found?.[1] ?? found?.[2] ?? found?.[3] ?? null;
  return value === null
    ? null
    : value
        .replaceAll("&quot;", '"')
        .replaceAll("&#39;", "'")
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&amp;", "&");
}

/** The heading of a page, or nothing where it has none. */
export function headingOf({ body }: Answer): string {
  return (/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(body)?.[1] ?? "").replace(/<[^>]*>/g, "").trim();
}

import { request as httpRequest } from "node:http";

/** What a person's browser was answered; redirects were followed up to `stopAt`. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

/** A browser as far as our pages see one: cookies by origin, redirects, forms. Node's `fetch` sets no `Sec-Fetch-…`. */
export interface Visitor {
  go(url: string, stopAt?: string): Promise<Page>;
  /** Fills in and sends the form whose action ends so. */
  submit(page: Page, action: string, fields: Readonly<Record<string, string>>): Promise<Page>;
  cookie(origin: string, name: string): string;
}

const MOST_REDIRECTS = 12;

/** `address`: where a proxy in front says that it comes from; omitted: no proxy says anything. */
export function visitor(address?: string): Visitor {
  const jar = new Map<string, Map<string, string>>();
  const cookiesAt = (url: string): Map<string, string> => {
    const { origin } = new URL(url);
    const known = jar.get(origin) ?? new Map<string, string>();
    jar.set(origin, known);
    return known;
  };
  const send = (
    url: string,
    form: string | null,
  ): Promise<Page & { readonly location: string | undefined }> =>
    new Promise((resolve, reject) => {
      const cookies = cookiesAt(url);
      const request = httpRequest(url, {
        method: form === null ? "GET" : "POST",
        agent: false,
        headers: {
          accept: "text/html",
          "accept-language": "en",
          "sec-fetch-mode": "navigate",
          "sec-fetch-dest": "document",
          "sec-fetch-site": form === null ? "none" : "same-origin",
          ...(address === undefined ? {} : { "x-forwarded-for": address }),
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
          ...(form === null
            ? {}
            : { "content-type": "application/x-www-form-urlencoded", origin: new URL(url).origin }),
        },
      });
      request.once("error", reject);
      request.once("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          for (const line of response.headers["set-cookie"] ?? []) {
            const pair = line.split(";")[0] ?? "";
            cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
          }
          const { statusCode = 0, headers } = response;
          resolve({
            url,
            status: statusCode,
            text: Buffer.concat(chunks).toString("utf8"),
            location: headers.location,
          });
        });
      });
      request.end(form ?? "");
    });
  const follow = async (
    first: Page & { readonly location: string | undefined },
    stopAt: string | undefined,
  ): Promise<Page> => {
    let here = first;
    for (let hops = 0; hops < MOST_REDIRECTS && here.location !== undefined; hops++) {
      const next = new URL(here.location, here.url).href;
      if (stopAt !== undefined && next.startsWith(stopAt)) return { url: next, status: 0, text: "" };
      here = await send(next, null);
    }
    return here;
  };
  return {
    go: async (url, stopAt) => await follow(await send(url, null), stopAt),
    async submit(page, action, fields) {
      const form = [...page.text.matchAll(/<form method="post" action="([^"]+)">([\s\S]*?)<\/form>/g)].find(
        ([, to = ""]) => to.endsWith(action),
      );
      if (form === undefined)
        throw new Error(`expected a form to ${action} at ${page.url}, got ${page.status}`);
      const [, to = "", inside = ""] = form;
      const sent = new URLSearchParams();
      for (const [tag] of inside.matchAll(/<input[^>]*>/g)) {
        const name = /name="([^"]*)"/.exec(tag)?.[1];
        if (name !== undefined && !/type="(?:radio|checkbox)"/.test(tag))
          sent.set(name, /value="([^"]*)"/.exec(tag)?.[1] ?? "");
      }
      for (const [name, value] of Object.entries(fields)) sent.set(name, value);
      return await follow(await send(new URL(to, page.url).href, sent.toString()), undefined);
    },
    cookie: (origin, name) => cookiesAt(origin).get(name) ?? "",
  };
}

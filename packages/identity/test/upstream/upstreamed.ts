import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Browser,
  type Organisation,
  type Page,
  startOrganisation,
} from "../../../server/test/people/running.ts";
import { POLICY } from "../../../server/test/sign-in/account.ts";
import { COMPANY_SECRET, type Company, startCompany } from "./company.ts";

/** An organisation whose people may sign in at their company, and at a second provider too. */
export interface Upstreamed {
  readonly shop: Organisation;
  readonly company: Company;
  readonly club: Company;
  stop(): Promise<void>;
}

export async function startUpstreamed(more: Readonly<Record<string, unknown>> = {}): Promise<Upstreamed> {
  let people = "";
  const places = (id: string) => () => ({
    callback: `${people}/sign-in/upstream/${id}/callback`,
    signedOut: `${people}/sign-in/done`,
    logout: `${people}/sign-in/upstream/${id}/logout`,
  });
  const [company, club] = await Promise.all([startCompany(places("company")), startCompany(places("club"))]);
  const directory = await mkdtemp(join(tmpdir(), "postern-upstreams-"));
  const file = join(directory, "upstreams.json");
  const common = { client_id: "postern", client_secret: COMPANY_SECRET };
  await writeFile(
    file,
    JSON.stringify({
      upstreams: [
        {
          ...common,
          id: "company",
          name: "the company",
          issuer: company.issuer,
          scope: "openid profile email session",
          acr: { "company:mfa": "aal2", "company:key": "aal3" },
          highest: "aal2",
          ends: "session_expiry",
          states: { email_verified: "address-verified" },
          ...more,
        },
        { ...common, id: "club", name: "the club", issuer: club.issuer },
      ],
    }),
  );
  const shop = await startOrganisation(POLICY, { upstreams: file, mailAttribute: "email" });
  people = shop.people;
  return {
    shop,
    company,
    club,
    async stop() {
      await shop.stop();
      await Promise.all([company.stop(), club.stop()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Follows every redirect, to whichever origin it leads. */
export async function follow(at: Browser, url: string): Promise<Page> {
  let page = await at.step(url);
  for (let hops = 0; hops < 20 && [302, 303].includes(page.status); hops++)
    page = await at.step(new URL(String(page.headers.location), page.url).href);
  return page;
}

export function linkTo(page: Page, text: string): string {
  const found = [...page.text.matchAll(/<a [^>]*href="([^"]+)"[^>]*>([^<]*)<\/a>/g)].find(
    ([, , label]) => label === text,
  );
  if (found?.[1] === undefined)
    throw new Error(`expected a link \`${text}\` on ${page.url} (${page.status})\n${page.text.slice(-1500)}`);
  return new URL(found[1].replaceAll("&amp;", "&"), page.url).href;
}

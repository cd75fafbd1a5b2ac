import { setTimeout as pause } from "node:timers/promises";
import { type Answer, type Browser, createBrowser, headingOf, type Sending } from "./browser.ts";

/** What a client sees of one answer, in one line, without what differs by nature (ids, dates, bodies of errors). */
export interface Seen {
  readonly step: string;
  readonly seen: string;
  /** What must be true for the step to count, whichever way it came. */
  readonly expected: RegExp;
}

export interface Stage {
  /** The origin of the way that is tried. */
  readonly origin: string;
  /** The people's pages, which are the same for both ways. */
  readonly people: string;
  /** Whether this way leads people who open a page to where they sign in. */
  readonly leads: boolean;
  /** A code of ana's that the shop takes after `wait` milliseconds. */
  readonly code: () => { readonly code: string; readonly wait: number };
}

const FORGED: Readonly<Record<string, string>> = {
  "postern-assertion": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbmEifQ.",
  "postern-session": "pss_forged",
  "postern-outcome": "permit",
  "x-original-uri": "/catalogue",
  "x-original-method": "GET",
  "x-forwarded-uri": "/catalogue",
  "x-forwarded-method": "GET",
  "x-forwarded-for": "127.0.0.1",
  "x-forwarded-user": "ana",
  "remote-user": "ana",
  "x-auth-user": "ana",
};

const CHALLENGE = /^401 insufficient_user_authentication acr=aal2/;

/** The tour's requests through one way, one after another. */
export async function runSteps(stage: Stage): Promise<readonly Seen[]> {
  const steps: Seen[] = [];
  const at = (path: string): string => `${stage.origin}${path}`;
  const saw = (step: string, answer: Answer, expected: RegExp): void => {
    steps.push({ step, seen: line(answer), expected });
  };
  const visit = async (by: Browser, step: string, path: string, expected: RegExp, sending: Sending = {}) =>
    saw(step, await by.send(at(path), sending), expected);

  const guest = createBrowser();
  await visit(guest, "a guest reads the catalogue", "/catalogue", /^200 Catalogue$/);
  await visit(guest, "a guest sends a form to it", "/catalogue", /^401/, {
    method: "POST",
    form: { a: "b" },
  });
  await visit(guest, "a guest asks for reports", "/reports/monthly", /^401/);
  const opens: Sending = { navigation: true };
  if (stage.leads) {
    await visit(guest, "a person opens reports as a guest", "/reports/monthly", /^303 \/login$/, opens);
  }
  await visit(guest, "a guest forges every header", "/reports/monthly", /^401/, { headers: FORGED });
  await visit(guest, "a page nobody governs", "/admin", /^(401|403)/);
  for (const target of [
    "/catalogue/../reports",
    "//reports",
    "/reports%2fmonthly",
    "/reports;a=b",
    "/catalogue/%2e%2e/reports",
  ]) {
    await visit(guest, `a guest writes ${target}`, "/", /^40[0134]/, { target });
  }

  const ana = createBrowser();
  const login = { name: "ana", password: "ana-sample-password", device: "ana-laptop", return: "/reports" };
  const payout = { payee: "Sail makers", amount: "120.50", note: "October" };
  const pays: Sending = { method: "POST", form: payout };
  await visit(ana, "ana signs in on her laptop", "/login", /^303 \/reports$/, {
    method: "POST",
    form: login,
  });
  await visit(ana, "ana asks for reports", "/reports/monthly", CHALLENGE);
  if (stage.leads) {
    await visit(ana, "ana opens reports in a browser", "/reports/monthly", /^303 \/step-up$/, opens);
  }
  await visit(ana, "ana types a payout", "/payouts/draft", /^303 \/payouts\/confirm$/, pays);
  await visit(ana, "ana goes to check it", "/payouts/confirm", CHALLENGE);
  const gives = (code: string): Sending => ({ method: "POST", form: { code, return: "/payouts/confirm" } });
  await visit(ana, "ana gives a wrong code", "/step-up", /^403 Confirm/, gives("12345"));
  const { code, wait } = stage.code();
  await pause(wait);
  await visit(ana, "ana gives her code", "/step-up", /^303 \/payouts\/confirm$/, gives(code));
  const check = await ana.send(at("/payouts/confirm"));
  saw("what she typed is still there", check, /^200 Check and pay$/);
  const kept = Object.values(payout).every((text) => check.body.includes(text));
  steps.push({ step: "… every field of it", seen: kept ? "kept" : "lost", expected: /^kept$/ });
  await visit(ana, "ana pays after her code", "/payouts", /^303 \/payouts$/, pays);
  await visit(ana, "ana reads reports after her code", "/reports/monthly", /^200 Sales by month$/);
  await optOut(ana, await ana.open(`${stage.people}/me/protection`));
  await visit(ana, "ana signs out", "/logout", /^303 \/$/, { method: "POST", form: {} });
  await visit(ana, "… and is a guest", "/reports/monthly", /^401/);
  await visit(ana, "ana signs in again", "/login", /^303/, { method: "POST", form: login });
  await visit(ana, "reports open without a code, as she chose", "/reports/monthly", /^200 Sales by month$/);
  await visit(ana, "… and by another spelling of the path", "/", /^200 Sales by month$/, {
    target: "/%72eports/monthly",
  });
  await visit(ana, "payouts still ask", "/payouts", CHALLENGE, pays);
  await visit(ana, "… with forged headers too", "/payouts", CHALLENGE, { ...pays, headers: FORGED });
  await turnBackOn(ana, await ana.open(`${stage.people}/me/protection`));
  await visit(ana, "she turns protection back on", "/reports/monthly", CHALLENGE);

  const named = await ana.send(at("/catalogue"), { headers: FORGED });
  steps.push({ step: "ana, by whatever headers, is", seen: greeted(named), expected: /^ana$/ });
  const cleo = createBrowser();
  await visit(cleo, "cleo signs in", "/login", /^303/, {
    method: "POST",
    form: { name: "cleo", password: "cleo-sample-password" },
  });
  await visit(cleo, "cleo asks for reports", "/reports/monthly", /^403/);
  const posed = await cleo.send(at("/catalogue"), { headers: FORGED });
  steps.push({ step: "cleo, posing as ana, is", seen: greeted(posed), expected: /^cleo$/ });
  return steps;
}

/** Opens the offer, reads the text, agrees. */
async function optOut(browser: Browser, home: Answer): Promise<void> {
  const link = /href="([^"]*\/offers\/trusted-device-reports[^"]*)"/.exec(home.body)?.[1];
  if (link === undefined)
    throw new Error(`found no offer at \`${home.url}\` (${home.status} ${headingOf(home)})`);
  const offer = await browser.open(new URL(link.replaceAll("&amp;", "&"), home.url).href);
  const done = await browser.submit(offer, /name="?disclosure/);
  if (done.status !== 200) throw new Error(`the choice was not taken: ${done.status} ${headingOf(done)}`);
}

async function turnBackOn(browser: Browser, home: Answer): Promise<void> {
  const done = await browser.submit(home, /Turn back on/);
  if (done.status !== 200) throw new Error(`it was not turned back on: ${done.status} ${headingOf(done)}`);
}

/** Whom the shop believes to be there. */
function greeted({ body }: Answer): string {
  return /<div class="account"><span>([^<]*)</.exec(body)?.[1] ?? "a guest";
}

/** Status, then the RFC 9470 challenge, the place of a redirect or the heading of a page. */
function line(answer: Answer): string {
  const { status, headers } = answer;
  const challenge = String(headers["www-authenticate"] ?? "");
  if (status === 401) {
    const error = /error="([^"]*)"/.exec(challenge)?.[1] ?? "sign-in";
    const acr = /acr_values="([^"]*)"/.exec(challenge)?.[1];
    const age = /max_age="?(\d+)/.exec(challenge)?.[1];
    return [401, error, acr && `acr=${acr}`, age && `max_age=${age}`].filter(Boolean).join(" ");
  }
  if (status >= 300 && status < 400) {
    const to = URL.parse(String(headers.location ?? ""), answer.url);
    return `${status} ${to === null ? "nowhere" : to.pathname}`;
  }
  return status === 403 && headingOf(answer) === "Confirm that it is you"
    ? "403 Confirm that it is you"
    : status < 400
      ? `${status} ${headingOf(answer)}`
      : String(status);
}

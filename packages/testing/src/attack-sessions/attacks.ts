import type { Attack } from "../attack/campaign.ts";

const TIMES = "packages/server/test/session/attack.test.ts";
const COOKIES = "packages/server/test/session/cookie.test.ts";
const STRANGERS = "packages/server/test/session/strangers.test.ts";
const ROWS = "packages/testing/test/service/session-rows.test.ts";
const TIMEOUTS = "packages/testing/test/service/session-timeouts.test.ts";
const SECRETS = "packages/testing/test/service/presented-secret.test.ts";
const SIGN_IN = "packages/server/test/sign-in/attack.test.ts";
const RISE = "packages/server/test/sign-in/rise.test.ts";
const PROVIDER = "packages/identity/test/provider/attack.test.ts";
const GATES = "packages/identity/test/gates/attack.test.ts";

const clock = (rule: string): string => `a clock that is not the server's > ${rule}`;
const late = (rule: string): string => `a request that comes late > ${rule}`;
const race = (rule: string): string => `an extension that races the end > ${rule}`;
const cookie = (rule: string): string => `a cookie that is not its browser's > ${rule}`;
const address = (rule: string): string => `a session in an address > ${rule}`;
const theirs = (rule: string): string => `somebody else's session > ${rule}`;
const page = (rule: string): string => `the page for which a session is asked > ${rule}`;
const activityRow = (rule: string): string => `what is stored of a session's activity > ${rule}`;
const optOutRow = (rule: string): string => `what is stored of an opt-out from time-out > ${rule}`;
const sessionRow = (rule: string): string => `what is stored of a session > ${rule}`;

export const ATTACKS: readonly Attack[] = [
  { name: "future activity times, in headers and bodies", file: TIMES, tests: [clock("moves no end")] },
  { name: "a device clock a day off, either way", file: TIMES, tests: [clock("a day off")] },
  { name: "an authentication of the future", file: TIMES, tests: [clock("registers no")] },
  { name: "two windows that disagree", file: TIMES, tests: ["two windows that disagree > "] },
  {
    name: "back-forward cache and late requests",
    file: TIMES,
    tests: [late("from a page"), late("is answered so that no cache")],
  },
  { name: "an extension that races the end", file: TIMES, tests: [race("of the session loses")] },
  { name: "extensions past their number, many at once", file: TIMES, tests: [race("by many at once")] },
  { name: "extensions past the overall end", file: TIMES, tests: [race("never passes")] },
  {
    name: "prefetch, prerender, polls, frames, streams, `Activity: user` from another origin",
    file: TIMES,
    tests: ["what is no activity > extends nothing"],
  },
  {
    name: "CSRF on activity, extend and end, from siblings, strangers and no origin",
    file: TIMES,
    tests: ["another origin > can neither"],
  },
  { name: "CORS at the session's own routes", file: TIMES, tests: ["another origin > is told in no"] },
  {
    name: "an opt-out that was withdrawn, asked for at once by many",
    file: TIMES,
    tests: ["an opt-out from time-out > that is withdrawn"],
  },
  {
    name: "an opt-out on a shared browser, on one nobody spoke of, for a sensitive action, past the end, begun later",
    file: TIMEOUTS,
    tests: ["the opt-out from the inactivity timeout > "],
  },
  {
    name: "a policy made longer to revive a session",
    file: TIMEOUTS,
    tests: ["the inactivity timeout > is recorded"],
  },
  { name: "a stolen cookie after the end", file: COOKIES, tests: [cookie("once stolen")] },
  { name: "a forged cookie, of other spellings and names", file: COOKIES, tests: [cookie("is not made up")] },
  {
    name: "a duplicated cookie, cookie tossing by a sibling subdomain",
    file: COOKIES,
    tests: [cookie("tossed in")],
  },
  {
    name: "a cookie without `__Host-` and what it asks",
    file: COOKIES,
    tests: [cookie("is bound to its host")],
  },
  { name: "an application that reads the cookie", file: COOKIES, tests: [cookie("reaches no application")] },
  {
    name: "a session id or secret in a URL, in a path, in an answer",
    file: COOKIES,
    tests: [address("is nobody"), address("stands in no answer")],
  },
  {
    name: "fixation: a secret set before the sign-in, kept over a rise of level",
    file: COOKIES,
    tests: ["a secret that was set before the sign-in > "],
  },
  {
    name: "fixation at Postern's own sign-in",
    file: SIGN_IN,
    tests: ["whoever tries to sign in as somebody else > cannot plant a cookie"],
  },
  {
    name: "a cookie copied before a step-up",
    file: RISE,
    tests: ["a cookie of the people's pages that was copied"],
  },
  {
    name: "a secret that was presented before, after its end and after a second step",
    file: SECRETS,
    tests: ["a secret that was presented before > of a session"],
  },
  {
    name: "listing and ending of someone else's session by an application",
    file: STRANGERS,
    tests: [theirs("answers as if")],
  },
  {
    name: "ending and marking of someone else's session by a person",
    file: STRANGERS,
    tests: [theirs("is neither raised")],
  },
  { name: "the stream of someone else's session", file: STRANGERS, tests: [theirs("is not watched")] },
  { name: "injection by `for`", file: STRANGERS, tests: [page("is a path of this site")] },
  {
    name: "activity at a page that lets more pass, to revive one that lets less",
    file: STRANGERS,
    tests: [page("that lets more pass")],
  },
  {
    name: "injected tokens: assertion, API token, session id, as a session; a session as an API token",
    file: STRANGERS,
    tests: ["a token of another kind > is no session"],
  },
  {
    name: "swapped and replayed assertions",
    file: STRANGERS,
    tests: ["a token of another kind > of a swapped session"],
  },
  {
    name: "replayed refresh tokens",
    file: PROVIDER,
    tests: ["whoever has a code or a token that is not good (any more) > ends the whole family"],
  },
  {
    name: "an access token of another's session, after the end of its session",
    file: GATES,
    tests: [
      "whoever makes an access token up > is refused for another audience",
      "whoever has an access token that is not good (any more) (opaque) > cannot use it after its session",
      "whoever has an access token that is not good (any more) (JWT) > cannot use it after its session",
    ],
  },
  {
    name: "an activity row flipped, deleted, swapped between people, restored from yesterday",
    file: ROWS,
    tests: [activityRow("keeps its session"), activityRow("of one person"), activityRow("of yesterday")],
  },
  {
    name: "an opt-out row flipped, swapped between people, restored from yesterday",
    file: ROWS,
    tests: [
      optOutRow("is honoured as it stands"),
      optOutRow("is not honoured once"),
      optOutRow("is nobody else's"),
      optOutRow("stays withdrawn"),
    ],
  },
  {
    name: "a session row flipped, swapped between people, restored from yesterday",
    file: ROWS,
    tests: [sessionRow("raises no alarm"), sessionRow("is nobody else's"), sessionRow("stays ended")],
  },
  { name: "more than 64 windows of one session", file: STRANGERS, tests: ["too many > windows of one"] },
  { name: "very many sessions of one subject", file: STRANGERS, tests: ["too many > sessions of one"] },
];

import type { Attack } from "../attack/campaign.ts";

const PROVIDER = "packages/identity/test/provider/attack.test.ts";
const TOKENS = "packages/identity/test/provider/tokens.test.ts";
const OPERATORS = "packages/identity/test/provider/operators.test.ts";
const LOGIN = "packages/cli/test/login/login.test.ts";
const ROLES = "packages/server/test/routes/roles.test.ts";
const DEVICE = "packages/identity/test/provider/device.test.ts";
const UPSTREAM = "packages/identity/test/upstream/attack.test.ts";
const SIGN_IN = "packages/server/test/sign-in/attack.test.ts";
const PAGES = "packages/server/test/sign-in/pages.test.ts";
const CHROMIUM = "packages/server/test/sign-in/browser.test.ts";
const RECOVERY = "packages/server/test/recovery/attack.test.ts";
const RECOVERIES = "packages/testing/test/service/recovery.test.ts";
const SERVICE = "packages/testing/test/service/sign-in.test.ts";

const ATTEMPTS = "packages/testing/test/service/sign-in-attacks.test.ts";
const THROTTLE = "packages/service/test/sign-in/throttle.test.ts";
const RISE = "packages/server/test/sign-in/rise.test.ts";
const SPELLING = "packages/identity/test/provider/spelling.test.ts";
const STATES = "packages/identity/test/upstream/upstream.test.ts";
const GATES = "packages/identity/test/gates/attack.test.ts";
const GUARD = "packages/identity/test/gates/guard.test.ts";
const GATEWAY = "packages/identity/test/gates/gateway.test.ts";

const forger = (rule: string): string => `whoever makes an access token up > ${rule}`;
const late = (rule: string): readonly string[] =>
  ["opaque", "JWT"].map(
    (kind) => `whoever has an access token that is not good (any more) (${kind}) > ${rule}`,
  );

const holder = (rule: string): string =>
  `whoever has a code or a token that is not good (any more) > ${rule}`;
const maker = (rule: string): string => `whoever makes a token up, or sends a browser somewhere > ${rule}`;
const stranger = (rule: string): string => `whoever tries to sign in as somebody else > ${rule}`;
const recoverer = (rule: string): string => `whoever would recover an account that is not theirs > ${rule}`;
const answer = (rule: string): string => `an answer that is not this browser's > ${rule}`;
const lie = (rule: string): string => `an upstream that lies > ${rule}`;

export const ATTACKS: readonly Attack[] = [
  {
    name: "token confusion: alg none, wrong key type, kid, aud",
    file: PROVIDER,
    tests: [maker("signs nobody out with a hint")],
  },
  {
    name: "token confusion at an upstream's ID token: alg, key, kid, iss, aud, nonce, times",
    file: UPSTREAM,
    tests: [lie("is not believed")],
  },
  { name: "ID token as access token", file: PROVIDER, tests: [holder("cannot use an ID token")] },
  {
    name: "a token of another resource server, typ, a token for another use",
    file: TOKENS,
    tests: ["a token for one resource server (RFC 8707) > opens nothing elsewhere"],
  },
  {
    name: "an access token at a gate: alg none, HS256 with the public key, another algorithm",
    file: GATES,
    tests: [forger("has an honest twin"), forger("is refused without a signature")],
  },
  {
    name: "an access token at a gate: kid unknown, of another, like a path",
    file: GATES,
    tests: [forger("is refused with another key")],
  },
  {
    name: "an access token at a gate: jwk, jku, x5u, crit, b64 in its header",
    file: GATES,
    tests: [forger("is refused where the header points")],
  },
  {
    name: "an access token at a gate: typ, ID token, refresh token",
    file: GATES,
    tests: [forger("is refused as a token of another kind"), ...late("cannot use one of another")],
  },
  {
    name: "an access token at a gate: aud, another issuer with the same kid, another client, another's session",
    file: GATES,
    tests: [forger("is refused for another audience")],
  },
  {
    name: "an access token at a gate: expired, of the future, clock drift, good for too long",
    file: GATES,
    tests: [forger("is refused outside its time"), ...late("cannot use it past its end")],
  },
  {
    name: "an access token at a gate: duplicated claims and header parameters, other spellings",
    file: GATES,
    tests: [forger("is refused where a name stands twice")],
  },
  {
    name: "an access token that says more than its session, that cannot be proved, that is huge",
    file: GATES,
    tests: [
      forger("gains nothing"),
      forger("is refused where the binding"),
      forger("is refused with too much"),
    ],
  },
  {
    name: "an access token after the end of its session, suspension, deletion",
    file: GATES,
    tests: [
      ...late("cannot use it after its session"),
      ...late("cannot use it while its person"),
      ...late("cannot use it after its person"),
    ],
  },
  {
    name: "an access token in a query, beside a session, twice",
    file: GATES,
    tests: [...late("cannot bring it by a query"), ...late("cannot bring it with a session")],
  },
  {
    name: "a bound token at a gate: no proof, as a plain one, a plain one as bound, another key",
    file: GATES,
    tests: [
      ...late("with a key of its own > has an honest twin"),
      ...late("with a key of its own > cannot use it without the proof"),
      ...late("with a key of its own > cannot send a proof of another key"),
      ...late("with a key of its own > cannot use the key's proof"),
    ],
  },
  {
    name: "a proof at a gate: replayed, at once, for another address or method, forwarding headers forged",
    file: GATES,
    tests: [
      ...late("with a key of its own > cannot send a proof a second time"),
      ...late("with a key of its own > cannot send a proof for another address"),
    ],
  },
  {
    name: "a token of another resource server at another gate, a client that chooses the resource server",
    file: GATEWAY,
    tests: [
      "the other gates > take the tokens of the resource server",
      "the other gates > compare a proof",
      "a gateway > that names no resource server",
    ],
  },
  {
    name: "the same at the guard of an application: another resource server's, a proof replayed, two at once",
    file: GUARD,
    tests: ["the guard of an application > ", "a question with an access token > names nobody"],
  },
  {
    name: "a bound token without its key, with another, with a proof used before",
    file: TOKENS,
    tests: ["a token that is bound to a key (RFC 9449) > is worth nothing"],
  },
  {
    name: "logout token: forged, for another, old, an ID token, sent again",
    file: UPSTREAM,
    tests: ["a logout token > that is forged", "a logout token > that is good"],
  },
  { name: "duplicated parameters", file: UPSTREAM, tests: [answer("is refused with another state")] },
  {
    name: "replayed code",
    file: PROVIDER,
    tests: [holder("cannot use a code a second time"), holder("cannot use one code twice")],
  },
  { name: "code without its verifier", file: PROVIDER, tests: [holder("cannot use a code without")] },
  {
    name: "replayed and parallel refresh",
    file: PROVIDER,
    tests: [holder("ends the whole family"), holder("cannot use one refresh token twice")],
  },
  {
    name: "mix-up between providers",
    file: UPSTREAM,
    tests: [
      answer("is refused at the address of another"),
      answer("is refused where it names another issuer"),
    ],
  },
  {
    name: "open redirects",
    file: PROVIDER,
    tests: [maker("leads nobody elsewhere after"), maker("leads nobody elsewhere with a code")],
  },
  { name: "open redirects of the sign-in", file: SIGN_IN, tests: [stranger("cannot choose where")] },
  {
    name: "login CSRF",
    file: SIGN_IN,
    tests: [stranger("cannot sign another person in"), stranger("cannot plant a cookie")],
  },
  {
    name: "login CSRF by an upstream, and linking a stranger's account",
    file: UPSTREAM,
    tests: [
      answer("is refused in another browser"),
      answer("is not begun by another site"),
      "whoever would link an account that is not theirs > ",
    ],
  },
  { name: "clickjacking", file: PAGES, tests: ["every page of sign-in > is framed by nobody"] },
  { name: "user enumeration by status and size", file: SIGN_IN, tests: [stranger("learns nothing")] },
  {
    name: "user enumeration by time",
    file: SERVICE,
    tests: ["a proof > of an unknown account costs the same"],
  },
  {
    name: "passkey from another origin",
    file: CHROMIUM,
    tests: ["signing in with a passkey in Chromium > takes no passkey"],
  },
  {
    name: "clock drift of the authenticator",
    file: PAGES,
    tests: ["a code app whose clock is wrong > "],
  },
  { name: "mail server down", file: PAGES, tests: ["a mail server that is down > "] },
  {
    name: "upstream down",
    file: UPSTREAM,
    tests: [lie("that is down"), lie("is not waited for")],
  },
  {
    name: "device codes: guessed, in a link, by another site's form",
    file: DEVICE,
    tests: [
      "a device that shows a code (RFC 8628) > is not found",
      "a device that shows a code (RFC 8628) > is signed in by nobody's link",
    ],
  },
  {
    name: "an operator's access token: of another client or resource, bound, an ID token, a refresh token",
    file: OPERATORS,
    tests: [
      "the control plane as a resource server > takes none",
      "the control plane as a resource server > is the one resource",
    ],
  },
  {
    name: "an operator's sign-in: another state, another provider, another address, a control plane that lies",
    file: LOGIN,
    tests: [
      "postern login > takes a code from nobody",
      "postern login > believes no answer",
      "postern login > is led back",
      "postern login > hands nothing",
    ],
  },
  {
    name: "an operator whose session ended, whose role was taken away, who is suspended or deleted",
    file: LOGIN,
    tests: [
      "the control plane's API > lets nobody do more",
      "the control plane's API > knows no role",
      "the control plane's API > takes no token whose session",
    ],
  },
  {
    name: "a role for oneself, by oneself, by a developer, by a link",
    file: ROLES,
    tests: [
      "two persons > are needed for one who grants it to themselves",
      "two persons > are no developers",
      "a role > is not had by a link",
    ],
  },
  {
    name: "recovery: user enumeration by status, size and words; suspended, deleted, unverified",
    file: RECOVERY,
    tests: [recoverer("learns nothing")],
  },
  {
    name: "recovery: enumeration by time and by how often it may be asked",
    file: RECOVERIES,
    tests: [
      "a stranger who asks to recover somebody's account > is answered before",
      "a stranger who asks to recover somebody's account > is told nothing",
    ],
  },
  { name: "recovery: code guessed", file: RECOVERY, tests: [recoverer("guesses five codes")] },
  {
    name: "recovery: code replayed, in another browser, after a newer one",
    file: RECOVERY,
    tests: [recoverer("cannot use a code in another browser")],
  },
  {
    name: "recovery: clock set back, code too late, suspended or changed meanwhile, mail server down",
    file: RECOVERIES,
    tests: [
      "a mailed code > is good in the browser",
      "a mailed code > leads nowhere",
      "a mailed code > is mailed once the server",
    ],
  },
  {
    name: "recovery: a stranger's, against sign-in, recovery and mailbox of its owner",
    file: RECOVERIES,
    tests: ["a stranger who asks to recover somebody's account > floods no mailbox"],
  },
  {
    name: "recovery: its cookie as a session, for consent, opt-outs, factors, the gateway and roles",
    file: RECOVERY,
    tests: [recoverer("has no session by it")],
  },
  {
    name: "recovery: the mailbox alone, for an account of two factors, of a role, of a key",
    file: RECOVERIES,
    tests: [
      "a recovery > asks for one thing more",
      "a recovery > goes on asking",
      "a recovery > asks whoever holds a role",
      "a recovery > is not enough",
    ],
  },
  {
    name: "recovery: by an address that an administrator or another provider says is the person's",
    file: RECOVERIES,
    tests: ["a mailed code > goes to no address that somebody else says"],
  },
  {
    name: "recovery: two at once",
    file: RECOVERIES,
    tests: ["two recoveries at once > "],
  },
  { name: "recovery: CSRF on each form", file: RECOVERY, tests: [recoverer("makes nobody's browser")] },
  {
    name: "recovery: host, return address and address in the form",
    file: RECOVERY,
    tests: [recoverer("chooses neither where")],
  },
  {
    name: "guessing",
    file: SIGN_IN,
    tests: [stranger("is slowed down")],
  },
  {
    name: "two people in one attempt: a late password beside another's passkey",
    file: ATTEMPTS,
    tests: ["an attempt to sign in > never lends"],
  },
  {
    name: "guessing codes beside a right password, and from a device that showed no more than that",
    file: ATTEMPTS,
    tests: ["an attempt to sign in > gives whoever knows", "an attempt to sign in > tells a device again"],
  },
  {
    name: "pushing counts and attempts of others out of memory",
    file: THROTTLE,
    tests: ["slowing down whoever guesses > is not undone"],
  },
  {
    name: "opening pages without end, so that nobody else signs in",
    file: ATTEMPTS,
    tests: ["an attempt to sign in > outlives strangers"],
  },
  {
    name: "an account that was suspended: sign-in, sessions, invitations",
    file: ATTEMPTS,
    tests: ["an account that is out of use > "],
  },
  {
    name: "a lost passkey in somebody's hands, after it was removed",
    file: ATTEMPTS,
    tests: ["a way to sign in that was lost > "],
  },
  {
    name: "a cookie that was copied before a step-up or a new password",
    file: RISE,
    tests: ["a cookie of the people's pages that was copied"],
  },
  {
    name: "an old second factor in a sign-in that was to be new",
    file: RISE,
    tests: ["a client that asks for a new sign-in > "],
  },
  {
    name: "a link that signs somebody else out",
    file: RISE,
    tests: ["a link to sign in that was made for another browser > "],
  },
  {
    name: "the provider's addresses in other spellings, in frames, and without end",
    file: SPELLING,
    tests: ["an address of the OpenID Provider > "],
  },
  {
    name: "another provider's word about an address that is not its own",
    file: STATES,
    tests: ["a person who signs in at another OpenID Provider > links it by proving both sides"],
  },
];

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { CommandError, UsageError } from "../failure.ts";
import type { Endpoints } from "./endpoints.ts";
import { askForTokens, type Tokens } from "./token-request.ts";

/** A sign-in as it is kept between commands. */
interface KeptLogin extends Tokens {
  /** The control plane that it is for, and the only one that it is sent to. */
  readonly resource: string;
  /** Where it is renewed. */
  readonly token: string;
}

/** An access token that ends sooner than this is renewed first, in milliseconds. */
const SOON = 30_000;
/** How often, and how long, one waits for another command that renews; milliseconds. */
const LOOK_AGAIN = 100;
const MOST_LOOKS = 100;

/** In the folder where this person's programs keep their settings. */
export function loginFile({ env }: Pick<Context, "env">): string {
  const folder =
    [env.XDG_CONFIG_HOME, env.APPDATA].find((one) => one !== undefined && one !== "") ??
    (env.HOME === undefined || env.HOME === "" ? null : join(env.HOME, ".config"));
  if (folder === null)
    throw new UsageError("expected HOME or XDG_CONFIG_HOME to say where a sign-in is kept, got neither");
  return join(folder, "postern", "login.json");
}

export async function keepLogin(login: KeptLogin, context: Context): Promise<void> {
  await context.files.replace(loginFile(context), `${JSON.stringify(login)}\n`);
}

export async function forgetLogin(context: Context): Promise<void> {
  await context.files.remove(loginFile(context));
}

/** Null: nobody has signed in to this control plane from here. */
async function readLogin(url: string, context: Context): Promise<KeptLogin | null> {
  const { HOME, XDG_CONFIG_HOME, APPDATA } = context.env;
  if (!(HOME || XDG_CONFIG_HOME || APPDATA)) return null;
  const file = loginFile(context);
  if (!(await context.files.exists(file))) return null;
  const read = loginIn(await context.files.read(file));
  if (read === null) throw new CommandError(EXIT.usage, `\`${file}\` cannot be read`, "sign in again");
  return read.resource === url.replace(/\/+$/, "") ? read : null;
}

function loginIn(text: string): KeptLogin | null {
  try {
    const read = JSON.parse(text) as Readonly<Record<keyof KeptLogin, unknown>>;
    const { resource, token, access, refresh, expiresAt } = read;
    return typeof resource === "string" &&
      typeof token === "string" &&
      typeof access === "string" &&
      typeof refresh === "string" &&
      typeof expiresAt === "number"
      ? { resource, token, access, refresh, expiresAt }
      : null;
  } catch {
    return null;
  }
}

/** An access token that is good for a while yet; null: nobody has signed in. Throws where the sign-in has ended. */
export async function accessToken(url: string, context: Context): Promise<string | null> {
  const login = await readLogin(url, context);
  if (login === null || context.now() < login.expiresAt - SOON) return login?.access ?? null;
  const lock = `${loginFile(context)}.lock`;
  const own = await taken(lock, context);
  try {
    // Another command may have renewed it meanwhile, and a refresh token is good once.
    const now = await readLogin(url, context);
    if (now === null || context.now() < now.expiresAt - SOON) return now?.access ?? null;
    return await renewed(now, context);
  } finally {
    // It may have been taken over meanwhile.
    if ((await context.files.read(lock).catch(() => null)) === own) await context.files.remove(lock);
  }
}

async function renewed(login: KeptLogin, context: Context): Promise<string> {
  const answer = await askForTokens(
    login satisfies Pick<Endpoints, "token" | "resource">,
    { grant_type: "refresh_token", refresh_token: login.refresh },
    context,
  );
  if (!answer.ok) {
    await forgetLogin(context);
    throw new CommandError(EXIT.denied, "your sign-in has ended", "sign in again with `postern login`");
  }
  await keepLogin({ ...login, ...answer.tokens }, context);
  return answer.tokens.access;
}

/** What a command that died left behind is taken over. The answer is by what its owner tells it from another's. */
async function taken(lock: string, { files, signal, random }: Context): Promise<string> {
  const own = Buffer.from(random(16)).toString("base64url");
  for (let look = 1; ; look++) {
    try {
      await files.create(lock, [own]);
      return own;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      if (look % MOST_LOOKS === 0) await files.remove(lock);
      await pause(LOOK_AGAIN, undefined, { signal });
    }
  }
}

import { PosternProblem } from "@postern/sdk";
import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { CommandError } from "../../failure.ts";
import { forgetLogin } from "../../login/kept-login.ts";

export const logout: Command = command({
  name: "logout",
  summary: "end the session that you signed in to, everywhere, and forget it here",
  details:
    "The browser that you signed in with is signed out too: it is one session. API tokens are not touched.",
  operands: {},
  options: {},
  examples: [{ about: "done for today", line: "postern logout" }],
  run: async (run) => {
    const { context, out } = run;
    try {
      const client = await run.signedIn();
      if (client === null) {
        out.note("nobody is signed in from here");
        return undefined;
      }
      await client.logout({ signal: context.signal });
    } catch (error) {
      // It has ended already, which is what was wanted.
      const ended =
        (error instanceof PosternProblem && error.status === 401 && error.code !== "caller.level") ||
        (error instanceof CommandError && error.exit === EXIT.denied);
      if (!ended) throw error;
    }
    await forgetLogin(context);
    out.note("signed out");
    return undefined;
  },
});

import { oneOf } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { byBrowser, type Wanted } from "../../login/by-browser.ts";
import { byDevice } from "../../login/by-device.ts";
import { endpointsOf } from "../../login/endpoints.ts";
import { keepLogin, loginFile } from "../../login/kept-login.ts";
import { showWhoami } from "./view.ts";

const LEVELS = ["aal1", "aal2", "aal3"] as const;

export const login: Command = command({
  name: "login",
  summary: "sign in as an operator",
  details:
    "Opens the sign-in in the system's browser, and waits on an address of this machine for it to come back. What your\n" +
    "roles let you do follows from what you hold at each call. The sign-in is kept in postern/login.json in your\n" +
    "configuration folder, readable by you alone. Writing takes aal2: --level asks for it at once.",
  operands: {},
  options: {
    device: { type: "flag", about: "no browser here: show a code to type in one elsewhere" },
    level: {
      type: "text",
      value: "<level>",
      about: `one of ${LEVELS.join(", ")}; without it, whatever you sign in with`,
    },
    "no-browser": { type: "flag", about: "print the address and open nothing" },
  },
  examples: [
    { about: "to write as well", line: "postern login --level aal2" },
    { about: "on a server", line: "postern login --device" },
  ],
  run: async (run, { options }) => {
    const { context, out } = run;
    const level = oneOf(options.level, LEVELS, "--level");
    // Essential: what cannot be reached is refused, and not silently less.
    const wanted: Wanted =
      level === undefined
        ? {}
        : { claims: JSON.stringify({ id_token: { acr: { essential: true, values: [level] } } }) };
    const endpoints = await endpointsOf(run.url, context);
    const tokens = options.device
      ? await byDevice(endpoints, wanted, context, ({ address, code }) =>
          out.note(`open ${address} in any browser and type ${code}`),
        )
      : await byBrowser(endpoints, wanted, context, (address) => {
          out.note(`sign in at\n${address}`);
          if (!options["no-browser"]) context.browse(address);
        });
    await keepLogin({ ...tokens, resource: endpoints.resource, token: endpoints.token }, context);
    const client = await run.signedIn();
    if (client !== null) showWhoami(run, await client.whoami({ signal: context.signal }));
    out.note(`kept in ${loginFile(context)}`);
    if (context.env.POSTERN_TOKEN || context.env.POSTERN_TOKEN_FILE)
      out.note("POSTERN_TOKEN or POSTERN_TOKEN_FILE is set: it goes first, until you unset it");
    return undefined;
  },
});

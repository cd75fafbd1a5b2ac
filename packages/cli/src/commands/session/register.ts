import { ASSURANCES, oneOf } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { entityName, optionalEntityName } from "../../entity-name.ts";
import { moment } from "../../moment.ts";
import { columns } from "./view.ts";

export const register: Command = command({
  name: "session register",
  summary: "register a sign-in that an application has carried out",
  details:
    "Prints the session's secret once: it belongs in the `__Host-postern` cookie or the `Postern-Session` header.\n" +
    "With --id a completed second step of that session is reported: same session, new secret.",
  operands: { subject: { about: "who signed in, such as user:ana" } },
  options: {
    acr: { type: "text", value: "<level>", about: "what was reached: aal1, aal2 or aal3 (default aal1)" },
    amr: { type: "list", value: "<method>", about: "how, as RFC 8176 names it (pwd, otp, …)" },
    device: { type: "text", value: "<type:id>", about: "on which registered device" },
    "auth-time": { type: "text", value: "<time>", about: "when it was done (default: now)" },
    expires: { type: "text", value: "<time>", about: "when the session ends at the latest (default 8h)" },
    id: { type: "text", value: "<ses_…>", about: "the session whose second step this is" },
  },
  examples: [
    {
      about: "ana with a password, on her laptop",
      line: "postern session register user:ana --acr aal1 --amr pwd --device device:ana-laptop",
    },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const now = context.now();
    const device = optionalEntityName(options.device, "--device");
    const signedIn = {
      subject: entityName(operands.subject, "<subject>"),
      acr: oneOf(options.acr, ASSURANCES, "--acr") ?? "aal1",
      amr: options.amr,
      authTime:
        options["auth-time"] === undefined
          ? new Date(now).toISOString()
          : moment(options["auth-time"], "auth-time", now),
      expiresAt: moment(options.expires ?? "8h", "expires", now),
      ...(device === undefined ? {} : { device }),
    };
    const client = await run.client();
    const write = { signal: context.signal };
    const made =
      options.id === undefined
        ? await client.sessions.register(signedIn, write)
        : await client.sessions.stepUp(options.id, signedIn, write);
    out.record(made, [
      ...columns(now).map(({ heading, cell }) => [heading.toLowerCase(), cell(made.session)] as const),
      ["secret", made.secret],
    ]);
    out.note("the secret is shown this once");
    return undefined;
  },
});

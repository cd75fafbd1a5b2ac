import { createServer } from "node:net";
import { type Finding, ok, warn } from "./finding.ts";

/** Whether a server could listen there. Asked only where none of ours answers. */
export async function portFindings(
  host: string,
  ports: readonly (readonly [string, number])[],
): Promise<readonly Finding[]> {
  return await Promise.all(
    ports.map(async ([name, port]) =>
      (await isFree(host, port))
        ? ok("port", `${port} is free for ${name}`)
        : warn(
            "port",
            `${port} cannot be used for ${name}`,
            "another program has it: stop that, or choose another port",
          ),
    ),
  );
}

async function isFree(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

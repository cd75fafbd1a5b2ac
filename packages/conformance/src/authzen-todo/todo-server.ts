import { startInteropServer } from "../interop-server.ts";
import { personOf } from "./people.ts";

/** A running Postern with the interop's fixture, asked over HTTP alone. */
export interface TodoServer {
  post(path: string, body: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts it and puts the people of these subject ids in, and the resources beside them. */
export async function startTodoServer(
  subjects: readonly string[],
  resources: readonly { readonly type: string; readonly id: string }[] = [],
): Promise<TodoServer> {
  const server = await startInteropServer(new URL("./policy.yaml", import.meta.url));
  try {
    const put = (type: string, id: string, attributes: object): Promise<unknown> =>
      server.must("PUT", `/v1/entities/${type}/${encodeURIComponent(id)}`, server.admin, { attributes });
    for (const id of subjects) {
      const { email, roles } = personOf(id);
      await put("user", id, { email, roles });
    }
    for (const { type, id } of resources) await put(type, id, {});
    const bearer = await server.token(["decide"]);
    return { post: (path, body) => server.must("POST", path, bearer, body), stop: server.stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

export type { Command, Topic } from "./command.ts";
export { TOPICS } from "./commands/index.ts";
export type { Context, Files, Sink, Source } from "./context.ts";
export { dispatch } from "./dispatch.ts";
export { EXIT, type ExitCode } from "./exit-code.ts";
export { nodeContext, nodeFiles } from "./node-context.ts";

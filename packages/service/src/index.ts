export * from "./caller.ts";
export * from "./ports/store.ts";
export * from "./ports/world.ts";
export * from "./problem.ts";
export * from "./service.ts";
export * from "./views.ts";

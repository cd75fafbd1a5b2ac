export * from "./ports/store.ts";
export * from "./ports/world.ts";

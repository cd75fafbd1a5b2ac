/** `development` may make a master key by itself and may name people in decision lines; nothing else differs. */
export type ServeMode = "development" | "production";

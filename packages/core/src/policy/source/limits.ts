/** Bounds on what is read at all, so that no policy directory exhausts the machine that compiles it. */
export const MOST_FILES = 2_000;
export const MOST_DOCUMENTS = 50_000;
/** In UTF-16 units. */
export const LONGEST_FILE: number = 4 * 1024 * 1024;
export const LONGEST_POLICY: number = 16 * 1024 * 1024;
export const DEEPEST = 32;

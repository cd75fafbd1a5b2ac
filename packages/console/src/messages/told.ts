/** Why something that went wrong did, in the words of a page: a heading and what to do. */
export interface Told {
  readonly heading: string;
  readonly text: string;
}

import { constant, type Html, html } from "./html.ts";

/** Once a page, so that every notch can be hatched. */
export const hatch: Html = constant(
  '<svg class="defs" aria-hidden="true" focusable="false"><defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="7" height="7"/><line class="hatch-line" x1="0" y1="0" x2="0" y2="7" stroke-width="4"/></pattern></defs></svg>',
);

/** Ours alone: a line with a notch that is nearly closed. */
export const mark: Html = constant(
  '<svg class="mark" viewBox="0 0 36 12" aria-hidden="true" focusable="false"><rect class="seam-line" x="0" y="3" width="15" height="6"/><rect class="seam-gap" x="16" y="3.75" width="6" height="4.5" fill="url(#hatch)" stroke-width="1.5"/><rect class="seam-line" x="23" y="3" width="13" height="6"/></svg>',
);

/**
 * The line of one protection: unbroken, or with a notch whose width is the share of time left. It repeats
 * what the sentence beside it says, so it is hidden from readers of the page.
 */
export function seam(shareOpen: number | null): Html {
  if (shareOpen === null) {
    return html`<svg class="seam" aria-hidden="true" focusable="false"><rect class="seam-line" y="1" width="100%" height="6"/></svg>`;
  }
  const from = 6;
  const width = Math.max(1, Math.round(shareOpen * 760) / 10);
  const rest = Math.round((from + width) * 10) / 10;
  return html`<svg class="seam" aria-hidden="true" focusable="false"><rect class="seam-line" y="1" width="${from}%" height="6"/><rect class="seam-gap" x="${from}%" y="1.5" width="${width}%" height="5" fill="url(#hatch)" stroke-width="1"/><rect class="seam-line" x="${rest}%" y="1" width="${Math.round((100 - rest) * 10) / 10}%" height="6"/></svg>`;
}

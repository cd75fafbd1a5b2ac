export type { PageShell } from "./document.ts";
export { escapeHtml, type Html, html, plainText } from "./html.ts";
export { acceptedLocales, messagesFor } from "./messages/index.ts";
export type { By, Messages, Told, Where } from "./messages/messages.ts";
export { noticePage, type Way } from "./notice-page.ts";
export { guardHeaders, pageHeaders } from "./page-headers.ts";
export { shareLeft, timeText } from "./time.ts";

/** On top of what every dialog of ours has. */
export const SESSION_STYLE: string = `
[hidden]{display:none!important}
.time{font-variant-numeric:tabular-nums;white-space:nowrap}
.seam i{transition:flex-basis .18s}.seam i:nth-child(2){background:repeating-linear-gradient(135deg,var(--gap) 0 1px,transparent 1px 5px)}
.said.away{position:absolute;margin:0}
.urgent{color:inherit;border-inline-start:.375rem solid var(--gap);padding-inline-start:.75rem}.urgent:empty{display:none}
[aria-disabled=true]{opacity:.65;cursor:default}
.banner{position:fixed;inset:auto 0 0;z-index:2147483647;box-sizing:border-box;display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.5rem 1.5rem;padding:.75rem max(1.25rem,calc(50vw - 34rem));border-top:.25rem solid var(--gap);background:var(--bg);color:var(--text);font:1rem/1.5 system-ui,sans-serif;box-shadow:0 -1px 12px rgb(8 10 14/.16)}
.banner p{margin:0;flex:1 1 14rem}
.cover{width:100vw;max-width:none;height:100vh;height:100dvh;max-height:none;margin:0;border:0;border-radius:0;padding:max(1.25rem,18vh) max(1.25rem,calc(50vw - 17rem)) 1.25rem;background:var(--page)}
.cover::backdrop{background:var(--page)}
.cover h1{font:600 1.75rem/1.2 Charter,Georgia,"Liberation Serif",serif;margin:0 0 .75rem}.cover h1:focus{outline:none}
.cover .seam i:nth-child(2){background:var(--line);border:0}.cover .seam{gap:0;width:8rem}
:host{--page:#fbfaf7}
@media (prefers-color-scheme:dark){:host{--page:#0d1116}}
@media (prefers-reduced-motion:reduce){.seam i{transition:none}}
@media (forced-colors:active){.cover,.banner{forced-color-adjust:auto}}
`;

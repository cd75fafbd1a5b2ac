/** On top of what every dialog of ours has. */
export const SESSION_STYLE: string = `
[hidden]{display:none!important}
.time{font-variant-numeric:tabular-nums;white-space:nowrap}
.seam i:nth-child(2){background:repeating-linear-gradient(135deg,var(--gap) 0 1px,transparent 1px 5px)}
.said.away{margin:0}
.urgent{color:inherit;border-inline-start:.375rem solid var(--gap);padding-inline-start:.75rem}.urgent:empty{display:none}
[aria-disabled=true]{opacity:.65;cursor:default}
.banner{position:fixed;inset:auto 0 0;z-index:99999;box-sizing:border-box;display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1.5rem;padding:.75rem max(1.25rem,calc(50vw - 34rem));border-top:.25rem solid var(--gap);background:var(--bg);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
.banner p{margin:0;flex:1 1 14rem}
.cover{width:100vw;max-width:none;height:100dvh;max-height:none;margin:0;border:0;border-radius:0;padding:max(1.25rem,18vh) max(1.25rem,calc(50vw - 17rem)) 1.25rem;background:var(--page)}
h1{font-size:1.75rem;outline:none}@media (max-width:24rem){.acts>*{flex:1 1 100%;justify-content:center}}
.cover .seam{width:8rem;background:var(--line)}.cover i{display:none}
`;

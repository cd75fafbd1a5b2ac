/** Of every dialog of ours. */
export const DIALOG_STYLE: string = `
:host{--page:#fbfaf7;--bg:#fff;--text:#1c1f27;--muted:#565b65;--edge:#8f8c84;--line:#006469;--gap:#a05600;--primary:#006b72;--on:#fff;--focus:#215da5}
@media (prefers-color-scheme:dark){:host{--page:#0d1116;--bg:#151a20;--text:#efece8;--muted:#a9aeb6;--edge:#6e757f;--line:#72d0d0;--gap:#f5b75b;--primary:#5ecbcb;--on:#0d1116;--focus:#7cb9f8}}
dialog{box-sizing:border-box;width:min(28rem,calc(100vw - 2rem));max-height:calc(100vh - 2rem);overflow:auto;padding:1.5rem;border:1px solid var(--edge);border-radius:4px;background:var(--bg);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
dialog::backdrop{background:rgb(8 10 14/.55)}
.seam{display:flex;gap:.25rem;height:.375rem;margin-bottom:1.25rem}
.seam i{flex:1;background:var(--line)}.seam i:nth-child(2){flex:0 0 1.5rem;background:none;border:1px solid var(--gap)}
h1,h2{font:600 1.375rem/1.25 Charter,Georgia,"Liberation Serif",serif;margin:0 0 .5rem}
p{margin:0 0 1.25rem}.said{color:var(--muted);margin:0}.said:not(:empty){margin-top:1rem}
.acts{display:flex;flex-wrap:wrap;gap:.5rem .75rem}
a,button{box-sizing:border-box;display:inline-flex;align-items:center;min-height:2.75rem;padding:.375rem 1.125rem;border:1px solid var(--edge);border-radius:4px;background:none;color:inherit;font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
a,.main{background:var(--primary);border-color:var(--primary);color:var(--on)}
a:hover,button:hover{text-decoration:underline;text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--focus);outline-offset:3px}
.away{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (forced-colors:active){a,button{border-color:ButtonText}.seam i{background:CanvasText}}
`;

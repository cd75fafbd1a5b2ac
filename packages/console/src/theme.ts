import { constant, type Html } from "./html.ts";

// The seam: a solid teal line is a control that holds; an amber hatched notch is an opening whose width is
// the time it has left. Colour never stands alone: pattern and word go with it.
const CSS = `
:root{color-scheme:light dark;
--bg:#fbfaf7;--surface:#fff;--sunken:#f5f3ef;--border:#e0ded8;--edge:#8f8c84;
--text:#1c1f27;--muted:#565b65;--holds:#006469;--gap:#a05600;--refused:#b71824;--waiting:#215da5;--proof:#246e3a;
--primary:#006b72;--on-primary:#fff;
--ui:"Atkinson Hyperlegible Next","Atkinson Hyperlegible",system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;
--read:"Source Serif 4","Source Serif Pro",Charter,Georgia,"Liberation Serif","Times New Roman",serif;
--mono:"Atkinson Hyperlegible Mono",ui-monospace,"SF Mono",Menlo,"Liberation Mono",monospace}
@media (prefers-color-scheme:dark){:root{
--bg:#0d1116;--surface:#151a20;--sunken:#080a0e;--border:#2b3138;--edge:#6e757f;
--text:#efece8;--muted:#a9aeb6;--holds:#72d0d0;--gap:#f5b75b;--refused:#fb817a;--waiting:#7cb9f8;--proof:#7ad59c;
--primary:#5ecbcb;--on-primary:#0d1116}}
*{box-sizing:border-box}
html{font:1rem/1.5 var(--ui);background:var(--bg);color:var(--text);-webkit-text-size-adjust:100%;font-variant-numeric:tabular-nums}
body{margin:0;overflow-wrap:anywhere}
a{color:var(--holds);text-underline-offset:.16em}
:focus-visible{outline:3px solid var(--waiting);outline-offset:3px;border-radius:2px}
.jump{position:absolute;left:-100vw;top:0;padding:.5rem 1rem;background:var(--surface)}
.jump:focus{left:1rem}
header,main,footer{max-width:46rem;margin:0 auto;padding:0 clamp(1rem,5vw,2rem)}
header{display:flex;align-items:center;gap:.75rem;padding-top:1.25rem;padding-bottom:1.25rem}
header a{display:inline-flex;align-items:center;gap:.625rem;color:inherit;text-decoration:none;font-weight:600;min-height:1.5rem}
header a:hover span{text-decoration:underline;text-underline-offset:.2em}
.mark{width:2.25rem;height:.75rem;flex:none}
main{padding-top:.75rem;padding-bottom:3rem}
footer{padding-bottom:2rem;color:var(--muted);font-size:.875rem}
footer{border-top:0}footer p{margin:0 0 .25rem;max-width:none}footer p:first-child{border-top:1px solid var(--border);padding-top:1rem}
time{white-space:nowrap}
h1,h2{font-family:var(--read);font-weight:600;text-wrap:balance}
h1{font-size:1.75rem;line-height:1.22;margin:0 0 .75rem;letter-spacing:-.005em}
h2{font-size:1.25rem;line-height:1.3;margin:2.5rem 0 .5rem}
h3{font-size:1rem;line-height:1.5;margin:0}
p{margin:0 0 .75rem;max-width:68ch}
ul.rows,ol.rows{list-style:none;margin:0;padding:0}
.rows>li{padding:1rem 0 1.125rem;border-top:1px solid var(--border)}
.rows>li:last-child{border-bottom:1px solid var(--border)}
.row-line{margin:0;font-size:1.0625rem}
.state-off{color:var(--gap);font-style:italic}
.state-on{color:var(--holds);font-style:italic}
.state-waiting{color:var(--waiting);font-style:italic}
ul.after,p.after{margin-top:1rem}.line{display:block}.steps{padding-left:1.25rem}.steps li{padding:.25rem 0}
.told h2.title{margin:1rem 0 .25rem}
.note{color:var(--muted);font-size:.9375rem;margin:.25rem 0 0}
.paused{margin:.375rem 0 0;padding-left:.75rem;border-left:3px solid var(--holds);font-size:.9375rem}
.gap-item+.gap-item{margin-top:1.25rem}
.seam{display:block;width:100%;height:.5rem;margin:0 0 .75rem}
.seam-line{fill:var(--holds)}
.seam-gap{stroke:var(--gap)}
.hatch-ground{fill:var(--bg)}.hatch-line{stroke:var(--gap)}
.seam-waiting{stroke:var(--waiting)}
.defs{position:absolute;width:0;height:0}
.acts{display:flex;flex-wrap:wrap;gap:.5rem .75rem;align-items:center;margin:.75rem 0 0}
.acts form{margin:0;display:contents}
.acts+.note,.facts+.note,details+.note{margin-top:1rem}
.button{display:inline-flex;align-items:center;justify-content:center;min-height:2.5rem;padding:.375rem 1rem;
border:1px solid var(--edge);border-radius:4px;background:var(--surface);color:var(--text);font:inherit;font-weight:600;
text-decoration:none;cursor:pointer;text-align:center}
.button:hover{border-color:var(--text);background:var(--sunken)}
.button.one{background:var(--primary);border-color:var(--primary);color:var(--on-primary)}
.button.one:hover{text-decoration:underline;text-underline-offset:.2em}
.quiet{padding:.375rem 0;min-height:2.5rem;display:inline-flex;align-items:center}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(14rem,100%),1fr));gap:.75rem;margin-top:1.5rem}
.pair .button{width:100%}
.told{background:var(--surface);border:1px solid var(--border);border-radius:4px;padding:.25rem 1.25rem 1.25rem;margin:1.25rem 0}
.told dt{font-weight:600;margin-top:1rem}
.told dd{margin:.125rem 0 0;max-width:62ch}
.told .title{font:600 1.25rem/1.3 var(--read);margin:1rem 0 0}
fieldset{border:0;margin:1.5rem 0 0;padding:0}
legend{font-weight:600;padding:0;margin-bottom:.25rem}
.choice{display:flex;gap:.625rem;align-items:flex-start;padding:.375rem 0;min-height:2.25rem}
.choice input{width:1.25rem;height:1.25rem;margin:.125rem 0 0;accent-color:var(--primary);flex:none}
textarea{width:100%;max-width:40rem;padding:.5rem .625rem;border:1px solid var(--edge);border-radius:4px;background:var(--surface);color:inherit;font:inherit}
.field{margin-top:1.5rem}.field label{font-weight:600;display:block}
.field input{width:100%;max-width:26rem;min-height:2.75rem;padding:.375rem .625rem;border:1px solid var(--edge);border-radius:4px;background:var(--surface);color:inherit;font:inherit}
.away{position:absolute;left:-100vw;width:1px;height:1px;border:0;padding:0}
.row-name{font:600 1.0625rem/1.5 var(--ui);margin:0}
.key{font-size:1.0625rem}
.mail{white-space:pre-line;margin:.5rem 0 0}
.codes{list-style:none;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(15rem,100%),1fr));gap:.25rem 1.5rem;max-width:36rem}
.codes code{font-size:1.0625rem}
details{margin-top:.75rem}summary{cursor:pointer;padding:.25rem 0;color:var(--holds);font-weight:600}
.facts{display:grid;grid-template-columns:minmax(7rem,auto) 1fr;gap:.375rem 1.25rem;margin:1rem 0}
.facts dt{color:var(--muted)}.facts dd{margin:0}
@media (max-width:30rem){.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.5rem}}
.notice{border-left:4px solid var(--waiting);background:var(--surface);padding:.75rem 1rem;margin:0 0 1.25rem}
.notice p:last-child{margin:0}
.notice.held{border-color:var(--holds)}.notice.open{border-color:var(--gap)}.notice.refused{border-color:var(--refused)}
code{font-family:var(--mono);font-size:.9em}
@media (forced-colors:active){.seam-line{fill:CanvasText}.seam-gap,.hatch-line{stroke:CanvasText}.hatch-ground{fill:Canvas}
.button{border-color:ButtonText}.notice,.paused{border-left-color:CanvasText}}
@media (prefers-contrast:more){:root{--border:var(--edge);--muted:var(--text)}}
@media (prefers-reduced-motion:no-preference){.button{transition:background-color .12s,border-color .12s}}
@media print{.acts,.jump,.pair{display:none}body{background:#fff;color:#000}}
`;

export const theme: Html = constant(CSS.replace(/\n/g, ""));

/** The shop's one stylesheet, served at `/assets/shop.css`. */
export const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#20242c, #ece9e3); --faint: light-dark(#565b65, #a9aeb6);
  --paper: light-dark(#fbfaf7, #0f1318); --line: light-dark(#8f8c84, #6e757f); --go: light-dark(#2a4d8f, #9dbcf5);
  --go-ink: light-dark(#ffffff, #0f1318); --warn: light-dark(#a02020, #ff9b92); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; padding: 1rem 0;
  border-bottom: 1px solid var(--line); }
header .name { font: 600 1.25rem Georgia, serif; color: inherit; text-decoration: none; }
header nav { display: flex; gap: 1rem; flex: 1; }
header .account { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
h1 { font: 600 1.75rem/1.25 Georgia, serif; }
a { color: var(--go); }
main { padding: 1rem 0 3rem; }
footer { border-top: 1px solid var(--line); padding: 1rem 0 2rem; color: var(--faint); font-size: .875rem; }
footer p { margin: 0 0 .5rem; max-width: 40rem; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
.hint { margin: .25rem 0 0; color: var(--faint); font-size: .9375rem; max-width: 40rem; }
input, select { font: inherit; width: 100%; max-width: 26rem; padding: .5rem; border: 1px solid var(--line);
  border-radius: 4px; background: transparent; color: inherit; }
option { color: var(--ink); background: var(--paper); }
button { display: block; font: inherit; margin-top: 1.25rem; padding: .5rem 1.25rem; border: 0; border-radius: 4px;
  background: var(--go); color: var(--go-ink); cursor: pointer; }
button.quiet { margin: 0; padding: .25rem .5rem; background: none; color: var(--go); text-decoration: underline; }
:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { overflow-wrap: break-word; }
th, td { text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); }
td.figure, th.figure { text-align: right; font-variant-numeric: tabular-nums; }
@media (max-width: 30rem) { th, td { padding-right: .5rem; font-size: .875rem; } td button.quiet { padding: .25rem 0; }
  th:last-child, td:last-child { padding-right: 0; } }
button + .hint { margin-top: .75rem; }
.goods { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1.5rem; padding: 0;
  list-style: none; }
.goods h2 { font-size: 1.125rem; margin: 0; }
.goods p { margin: .25rem 0; }
.price { font-weight: 600; font-variant-numeric: tabular-nums; }
.put-back:not(:empty) { border-left: 4px solid var(--go); padding: .5rem .75rem; max-width: 40rem; }
.put-back:empty { margin: 0; }
.notice { border-left: 4px solid var(--warn); padding: .5rem .75rem; max-width: 40rem; }
.said { border-left: 4px solid var(--go); padding: .5rem .75rem; max-width: 40rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; }
dt { color: var(--faint); } dd { margin: 0; }
.away { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.jump { position: absolute; left: -999rem; } .jump:focus { position: static; }
`;

/** Of all pages, light and dark. */
export const style = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f8, #14171a); --card: light-dark(#fff, #1c2025); --line: light-dark(#dfe3e7, #30363d);
  --text: light-dark(#1d2329, #e6e9ec); --soft: light-dark(#57626d, #9aa5b1); --problem: light-dark(#a3312a, #f19c93);
  --accent: light-dark(#1f5f8b, #8cc4ee); --on-accent: light-dark(#fff, #10202d);
  font: 1rem/1.6 system-ui, sans-serif; background: var(--page); color: var(--text);
}
* { box-sizing: border-box; }
body { max-width: 46rem; margin: 0 auto; padding: 0 1.5rem 3rem; }
header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1.25rem;
  min-height: 4.5rem; padding: .5rem 0; border-bottom: 1px solid var(--line); margin-bottom: 3rem; }
header form, nav { display: flex; align-items: center; gap: 1.25rem; min-width: 0; }
header a { text-decoration: none; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
header a:hover { text-decoration: underline; }
.brand { color: inherit; font-weight: 650; }
a { color: var(--accent); text-underline-offset: .2em; }
h1 { margin: 0; font-size: 2rem; font-weight: 650; line-height: 1.2; letter-spacing: -.02em; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 1rem; font-weight: 600; }
p { margin: 0; }
.lead { margin: .5rem 0 2rem; color: var(--soft); font-size: 1.125rem; }
.soft { color: var(--soft); font-size: .875rem; }
.problem { color: var(--problem); }
.told { padding: .75rem 1rem; margin-bottom: 2rem; border: 1px solid var(--line); border-left: 4px solid var(--accent);
  border-radius: .375rem; background: var(--card); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: 1.25rem; }
.cards section:has(form) { grid-row: span 2; }
section { display: flex; flex-direction: column; align-items: flex-start; gap: .75rem; padding: 1.5rem;
  border: 1px solid var(--line); border-radius: .625rem; background: var(--card); }
.number { font-size: 3rem; font-weight: 650; line-height: 1.1; font-variant-numeric: tabular-nums; }
section form { display: flex; flex-direction: column; gap: .375rem; width: 100%; }
label { margin-top: .5rem; font-size: .9375rem; font-weight: 550; }
input { width: 100%; padding: .5625rem .75rem; border: 1px solid light-dark(#8b95a0, #6b7682); border-radius: .375rem;
  background: var(--page); color: inherit; font: inherit; }
button, .button { padding: .5rem 1.125rem; border: 1px solid transparent; border-radius: .375rem; background: var(--accent);
  color: var(--on-accent); font: inherit; font-weight: 550; text-decoration: none; cursor: pointer; }
button:hover, .button:hover { filter: brightness(1.08); }
section form button { margin-top: 1rem; }
.quiet, .danger { border-color: var(--line); background: var(--card); color: inherit; }
.danger { align-self: flex-start; color: var(--problem); }
.rows { width: 100%; margin: 0; padding: 0; list-style: none; }
.rows li { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 1rem;
  padding: .625rem 0; border-top: 1px solid var(--line); }
.rows li:first-child { border-top: 0; }
.mark { margin-left: .375rem; padding: .0625rem .5rem; border-radius: 1rem; background: light-dark(#e3eef6, #22394b);
  color: var(--accent); font-size: .8125rem; }
code { padding: .0625rem .3125rem; border-radius: .25rem; background: light-dark(#eaedf0, #2a3037); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`;

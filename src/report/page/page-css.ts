// The style of the page: one column on a phone, two on larger screens.

import { Markup } from '../parts/markup.ts';
import { themeCss } from '../parts/theme.ts';

export const PAGE_CSS = new Markup(`${themeCss()}
*{box-sizing:border-box}
:root{--drawing-background:var(--surface);--drawing-text:var(--ink);--drawing-muted:var(--muted)}
body{margin:0 auto;max-width:1120px;padding:16px;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{padding:8px 4px 16px}
h1{margin:0;font-size:28px;line-height:1.2;overflow-wrap:anywhere}
h2{margin:0 0 8px;font-size:16px}
p{margin:6px 0}
code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}
.kind,.note,dt,footer,figcaption span{color:var(--muted);font-size:13px}
.genome code{font-size:16px;color:var(--blue)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:8px;margin:12px 0 0}
.facts div,section{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:10px 12px;min-width:0}
dd{margin:0;font-weight:600;overflow-wrap:anywhere}
main{columns:2 400px;column-gap:12px}
section{break-inside:avoid;margin:0 0 12px;padding:14px}
section.wide{column-span:all;margin-top:12px}
.drawing svg{display:block;width:100%;height:auto}
#architecture .drawing svg{max-width:400px;margin:auto}
details{margin-top:8px}
summary{cursor:pointer;color:var(--blue);font-size:13px}
.scroll{overflow:auto;max-height:420px;margin-top:6px}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:4px 10px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:anywhere;min-width:52px}
th{position:sticky;top:0;background:var(--surface);color:var(--muted);font-weight:500}
tr:target td{background:color-mix(in srgb,var(--blue) 18%,transparent)}
.images{display:grid;grid-template-columns:repeat(auto-fill,minmax(84px,1fr));gap:10px;margin:0;padding:0;list-style:none}
.pairs{grid-template-columns:repeat(auto-fill,minmax(140px,1fr))}
.pairs+.images{margin-top:10px}
.pair{display:flex;gap:3px}
.pair img{flex:1;min-width:0}
.pair img+img{image-rendering:auto}
figure{margin:0;min-width:0}
figure img{display:block;width:100%;height:auto;aspect-ratio:1;object-fit:contain;image-rendering:pixelated;border-radius:4px;background:var(--page)}
figcaption{font-size:12px;line-height:1.3;margin-top:3px;overflow-wrap:anywhere}
figcaption span{white-space:nowrap}
figcaption b:last-of-type{color:var(--red)}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
svg a:focus-visible{outline-offset:1px}
footer{padding:8px 4px 24px}
@media (max-width:500px){body{padding:10px}section{padding:12px 10px}.facts{grid-template-columns:repeat(auto-fill,minmax(140px,1fr))}dd{font-size:14px}}
@media print{body{max-width:none}section{break-inside:avoid}}`);

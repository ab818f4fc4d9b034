// The page on which a person decides about doubtful labels. It needs nothing but itself, and works offline.

import { createHash } from 'node:crypto';
import type { Correction } from '../../data/set/corrections.ts';
import type { RankedImage, SuspectRecords } from '../../search/suspects/suspect-records.ts';
import { VERSION } from '../../version.ts';
import { counted, grouped, percent, shownGenome } from '../parts/format.ts';
import { html, Markup } from '../parts/markup.ts';
import { pageHead } from '../parts/page-head.ts';
import { themeCss } from '../parts/theme.ts';
import { PAGE_SCRIPT } from './page-script.ts';

/** A suspect with its pictures, as data URIs. */
export interface ShownSuspect extends RankedImage {
  readonly png: string;
  readonly copyPng?: string;
}

/**
 * @param name      of the data.
 * @param carried   corrections that the data was loaded with: what the page saves has them, too.
 */
export function suspectsPage(
  name: string,
  records: SuspectRecords,
  shown: readonly ShownSuspect[],
  carried: readonly Correction[],
): string {
  const { fingerprint, genome, folds, images, accuracy, suspects, classes } = records;
  const data = {
    fingerprint,
    classes,
    carried: carried.map(({ image, label }) => ({ image, label })),
    suspects: shown.map(
      ({ image, file, label, suggested, selfConfidence, otherConfidence, isWrong, nearCopy, png, copyPng }) => ({
        image,
        file,
        label,
        suggested,
        selfConfidence,
        otherConfidence,
        isWrong,
        nearCopy: nearCopy && { label: nearCopy.label, png: copyPng },
        png,
      }),
    ),
  };
  const page = html`${pageHead(`${name}: doubtful labels`, SUSPECTS_CSS, HASH)}
<body>
<header>
<p class="note">auto-cnn suspects</p>
<h1>${name}</h1>
<p>${counted(suspects.length, 'doubtful label')} among ${counted(images, 'image')}; the ${grouped(shown.length)} worst are here. Networks <code>${shownGenome(genome)}</code> that had not seen an image, ${folds} of them, each trained without one part of the images, agree with ${percent(accuracy)} of the labels.</p>
<p><kbd>↓</kbd> <kbd>N</kbd> next, <kbd>↑</kbd> <kbd>P</kbd> previous, <kbd>K</kbd> keep, <kbd>R</kbd> relabel as suggested, <kbd>C</kbd> choose a class (<kbd>Enter</kbd> takes it), <kbd>D</kbd> drop, <kbd>U</kbd> undo, <kbd>S</kbd> save. Then train with <code>--labels fixed.csv</code>.</p>
<p class="bar"><span id="status" role="status"></span> <button type="button" id="undo">Undo <kbd>U</kbd></button> <button type="button" id="save">Save fixed.csv <kbd>S</kbd></button></p>
<noscript><p>This page needs JavaScript. The file suspects.json has the same images.</p></noscript>
</header>
<main><ol id="list"></ol></main>
<footer class="note">auto-cnn ${VERSION}</footer>
<script type="application/json" id="data">${new Markup(JSON.stringify(data).replaceAll('<', '\\u003c'))}</script>
<script>${new Markup(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return page.text;
}

/** Nothing else may run on the page. */
const HASH = `sha256-${createHash('sha256').update(PAGE_SCRIPT).digest('base64')}`;

const SUSPECTS_CSS = new Markup(`${themeCss()}
*{box-sizing:border-box}
body{margin:0 auto;max-width:960px;padding:12px;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{margin:0;font-size:26px;line-height:1.2}
p{margin:6px 0}
code,kbd{font:13px ui-monospace,monospace}
kbd{border:1px solid var(--line);border-radius:4px;padding:0 4px;background:var(--surface);color:var(--ink)}
.note{color:var(--muted);font-size:13px}
.bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center;position:sticky;top:0;background:var(--page);padding:6px 0}
header{display:contents}
.bar span{flex:1 1 200px}
ol{list-style:none;margin:0;padding:0;display:grid;gap:10px}
.suspect{display:flex;flex-wrap:wrap;gap:12px;padding:12px;background:var(--surface);border:1px solid var(--line);border-left:4px solid var(--line);border-radius:10px;scroll-margin-top:90px;min-width:0}
.suspect:focus,.suspect:focus-within{outline:2px solid var(--blue)}
.suspect[data-decision=keep]{border-left-color:var(--green)}
.suspect[data-decision=relabel]{border-left-color:var(--orange)}
.suspect[data-decision=drop]{border-left-color:var(--red)}
.pictures{display:flex;gap:6px;align-items:start}
img{width:96px;height:96px;object-fit:contain;image-rendering:pixelated;background:var(--page);border-radius:4px}
.about{flex:1 1 220px;min-width:0}
.name{color:var(--muted);font-size:13px}
.other{color:var(--red)}
.buttons{display:flex;flex-wrap:wrap;gap:6px;margin-top:8px}
button,select{font:inherit;font-size:14px;padding:5px 10px;border:1px solid var(--line);border-radius:6px;background:var(--page);color:var(--ink);cursor:pointer;max-width:100%;overflow-wrap:anywhere;text-align:left}
button:focus-visible,select:focus-visible{outline:2px solid var(--blue);outline-offset:1px}
.decision{font-size:13px;font-weight:600}`);

// The report as one HTML page, without scripts or external resources.

import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import { networkInputOf } from '../../search/config/network-input.ts';
import { VERSION } from '../../version.ts';
import {
  counted,
  countedParts,
  duration,
  grouped,
  intervalText,
  percent,
  scaled,
  shorten,
  shownGenome,
} from '../parts/format.ts';
import { type Content, html, type Markup } from '../parts/markup.ts';
import { fitnessText } from '../parts/metric-text.ts';
import { pageHead } from '../parts/page-head.ts';
import { type Picture, tableOf } from '../parts/picture.ts';
import { isFailed, type RunRecords } from '../read-run.ts';
import { PAGE_CSS } from './page-css.ts';

export function reportPage(records: RunRecords, pictures: readonly Picture[]): string {
  const { data, winner, status } = records;
  const title = `${data?.name ?? records.config.dataset.source}: auto-cnn report`;
  const page = html`${pageHead(title, PAGE_CSS)}
<body>
<header>
<p class="kind">auto-cnn report</p>
<h1>${data?.name ?? records.config.dataset.source}</h1>
<p class="genome">${winner === undefined ? 'no network yet' : html`<code>${shownGenome(winner)}</code>`}</p>
<p>${statusText(records)}</p>
${records.summary?.picked && html`<p>Picked${records.summary.pareto ? ' from the Pareto front' : ''}: ${records.summary.picked.why}.</p>`}
<dl class="facts">${factsOf(records).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>
<main>
${pictures.map(section)}
${configuration(records)}
</main>
<footer>auto-cnn ${records.summary?.versions.autoCnn ?? VERSION}${status === 'done' ? '' : '; update it with “auto-cnn report”'}</footer>
</body>
</html>
`;
  return page.text;
}

function statusText({ status, config, summary, entries }: RunRecords): string {
  const seconds = summary?.seconds ?? entries.at(-1)?.elapsedSeconds ?? 0;
  const kind = config.genome === undefined ? 'Search' : 'Training';
  if (status === 'done') return `${kind} done in ${duration(seconds)}, seed ${config.seed}.`;
  const state = status === 'going on' ? 'is in progress' : 'was stopped early';
  return `${kind} ${state}, after ${duration(seconds)}, seed ${config.seed}. The test images have not been scored yet.`;
}

function factsOf(records: RunRecords): readonly (readonly [name: string, value: string])[] {
  const { summary, candidates, winner, metric, config, data } = records;
  const best = candidates.find(({ isWinner }) => isWinner)?.entry;
  const cost = costOf(records);
  const failures = candidates.filter(({ entry }) => isFailed(entry)).length;
  const failed = failures === 0 ? '' : `, ${failures} failed`;
  return [
    ...(summary === undefined
      ? []
      : ([
          [
            'Test accuracy',
            `${percent(summary.testAccuracy)} of ${counted(summary.testExamples, 'image')}, ${intervalText(summary.testAccuracy, summary.testExamples)}`,
          ],
          ...crossFacts(summary),
          ...classFacts(summary),
        ] as const)),
    ...(best === undefined
      ? []
      : ([
          [
            `In the search, ${metric}`,
            `${fitnessText(metric, best.fitness)} on ${config.fitnessOn} images${searchedInterval(summary)}`,
          ],
        ] as const)),
    ...(cost === undefined || winner === undefined
      ? []
      : ([['Size', `${grouped(cost.parameters)} parameters, ${scaled(cost.flops, 'FLOPs')} per image`]] as const)),
    ...(config.genome !== undefined ? [] : ([['Candidates', `${grouped(candidates.length)}${failed}`]] as const)),
    ...(summary?.repeats === undefined
      ? []
      : ([
          [
            `Test accuracy of ${summary.repeats.accuracies.length} trainings`,
            `${percent(summary.repeats.mean)} ± ${(100 * summary.repeats.std).toFixed(2)}`,
          ],
        ] as const)),
    ...(summary?.members === undefined
      ? []
      : ([
          [
            `An ensemble of ${summary.members.accuracies.length} networks; test accuracy of one alone`,
            `${percent(summary.members.mean)} ± ${(100 * summary.members.std).toFixed(2)}`,
          ],
        ] as const)),
    ...(data === undefined
      ? []
      : ([
          ['Data', countedParts(data)],
          ['Images', imagesText(data)],
        ] as const)),
  ];
}

function searchedInterval(summary: RunRecords['summary']): string {
  const { metric, value, images } = summary?.fitness ?? {};
  return metric !== 'accuracy' || value === undefined || images === undefined ? '' : `, ${intervalText(value, images)}`;
}

function crossFacts({
  crossValidation,
}: NonNullable<RunRecords['summary']>): readonly (readonly [name: string, value: string])[] {
  if (crossValidation === undefined) return [];
  const { folds, accuracy, images, seconds } = crossValidation;
  return [
    [
      `Cross-validation, ${folds} folds`,
      `${percent(accuracy)} of ${counted(images, 'training image')}, each by a network trained without its fold, ${intervalText(accuracy, images)}; it took ${duration(seconds)}`,
    ],
  ];
}

function classFacts({
  testBalancedAccuracy: balanced,
  testRecalls: recalls = [],
  testCalibrationError: error,
  dataset,
}: NonNullable<RunRecords['summary']>): readonly (readonly [name: string, value: string])[] {
  if (balanced === undefined || error === undefined) return [];
  const known = recalls.filter((recall) => recall !== null);
  const lowest = Math.min(...known);
  return [
    ['Balanced test accuracy', `${percent(balanced)}, the mean recall of the classes`],
    ['Lowest test recall', `${percent(lowest)}, ${shorten(dataset.classes[recalls.indexOf(lowest)] ?? '', 40)}`],
    ['Calibration error on the test images', percent(error)],
  ];
}

function imagesText({ shape, classes }: NonNullable<RunRecords['data']>): string {
  const { width, height, channels } = shape;
  return `${width} × ${height}, ${channels === 1 ? 'grey' : 'colour'}, ${counted(classes.length, 'class', 'classes')}`;
}

function costOf({ summary, winner, data, config }: RunRecords) {
  if (summary !== undefined) return summary;
  if (winner === undefined || data === undefined) return undefined;
  return estimateCost(parseGenome(winner), networkInputOf(config, data));
}

function section({ id, title, svg, note, content, table }: Picture): Markup {
  const body = content ?? (svg === undefined ? undefined : html`<div class="drawing">${svg}</div>`);
  const alone = body === undefined && table !== undefined && note === undefined;
  return html`<section id="${id}" aria-labelledby="${id}-title"${alone ? html` class="wide"` : undefined}><h2 id="${id}-title">${title}</h2>${body}${note === undefined ? undefined : html`<p class="note">${note}</p>`}${
    table === undefined
      ? undefined
      : html`<details><summary>${alone ? counted(table.rows.length, 'row') : 'As a table'}</summary>${tableOf(table)}</details>`
  }</section>
`;
}

function configuration({ config }: RunRecords): Markup {
  const rows = flattened(config).map(([key, value]): readonly Content[] => [html`<code>${key}</code>`, value]);
  return section({ id: 'configuration', title: 'Configuration', table: { head: ['Setting', 'Value'], rows } });
}

/** Settings by their full key, such as `training.optimizer.name`. */
function flattened(value: unknown, key = ''): readonly (readonly [key: string, value: string])[] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) return [[key, typeof value === 'string' ? value : JSON.stringify(value)]];
  const inner = Object.entries(value).filter(([, one]) => one !== undefined);
  return inner.flatMap(([name, one]) => flattened(one, key === '' ? name : `${key}.${name}`));
}

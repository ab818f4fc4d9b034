// Turns the journals of runs into curves, medians and a table. The functions are pure.

import { median } from '../../dist/arithmetic/averages.js';
import { percent } from '../../dist/text/figures.js';

/**
 * The incumbents of a search: each network that is fitter than all before it, which the search would have returned at that
 * point.
 *
 * @param entries  journal entries. The work of failed candidates and of cached results counts; each id counts once.
 * @returns `incumbents`: their entries, each with the total work `spent` up to it; `spent`: total work; `networks`: number
 *   of genomes tried.
 */
export function readSearch(entries) {
  const evaluations = entries.filter(({ type }) => type === 'evaluation');
  const seen = new Set();
  const incumbents = [];
  let spent = 0;
  for (const entry of evaluations) {
    if (seen.has(entry.id)) continue;
    seen.add(entry.id);
    spent += entry.work ?? 0;
    const isBetter = entry.fitness > (incumbents.at(-1)?.fitness ?? Number.NEGATIVE_INFINITY);
    if (entry.failure === undefined && isBetter) incumbents.push({ ...entry, spent });
  }
  const failures = evaluations.filter(({ failure }) => failure !== undefined).length;
  return { incumbents, spent, networks: new Set(evaluations.map(({ genome }) => genome)).size, failures };
}

/**
 * Joins the step functions of several seeds into one. It has a point wherever one of them changes, starting where all have
 * a value.
 *
 * @param curves  each a list of points `{work, accuracy}`, by ascending work.
 * @returns points `{work, median, least, most}`.
 */
export function joinCurves(curves) {
  const filled = curves.filter((curve) => curve.length > 0);
  const start = Math.max(...filled.map(([first]) => first.work));
  const works = [...new Set(filled.flat().map(({ work }) => work))].filter((work) => work >= start);
  return works
    .toSorted((a, b) => a - b)
    .map((work) => {
      const values = filled.map((curve) => curve.findLast((point) => point.work <= work).accuracy);
      return { work, median: median(values), least: Math.min(...values), most: Math.max(...values) };
    });
}

/**
 * The results as a Markdown table, one line per arm, the best median first.
 *
 * @param results  results of runs: `{arm, seed, accuracy, validationAccuracy, networks, failures, parameters, work}`.
 * @param work     work that each run was given.
 */
export function tableOf(results, work) {
  const rows = armsIn(results).map((arm) => {
    const runs = results.filter((result) => result.arm === arm);
    const of = (key) => runs.map((run) => run[key]);
    return {
      accuracy: median(of('accuracy')),
      cells: [
        arm,
        spread(of('accuracy'), percent),
        spread(of('validationAccuracy'), percent),
        spread(of('networks'), String),
        spread(of('parameters'), (value) => Math.round(value).toLocaleString('en')),
        percent(median(of('work')) / work, 0),
        String(runs.reduce((sum, { failures }) => sum + failures, 0)),
        of('seed').toSorted().join(', '),
      ],
    };
  });
  const head = [
    'arm',
    'accuracy, scoring part',
    'accuracy, validation',
    'networks tried',
    'parameters',
    'work spent',
    'failures',
    'seeds',
  ];
  const lines = rows.toSorted((a, b) => b.accuracy - a.accuracy).map(({ cells }) => cells);
  return [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

export function armsIn(results) {
  return [...new Set(results.map(({ arm }) => arm))];
}

/** `median (least–most)`. */
function spread(values, format) {
  const all = `${format(Math.min(...values))}–${format(Math.max(...values))}`;
  return values.length === 1 ? format(values[0]) : `${format(median(values))} (${all})`;
}

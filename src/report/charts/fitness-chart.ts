// Draws fitness over the search: the best so far and the mean of the population in each generation.

import { scaleLinear } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import { counted, shownGenome } from '../parts/format.ts';
import { html } from '../parts/markup.ts';
import { fitnessText, tickText } from '../parts/metric-text.ts';
import { drawing, legend, type Picture } from '../parts/picture.ts';
import { colour } from '../parts/theme.ts';
import { isFailed, type RunRecords } from '../read-run.ts';
import { axes, extentOf, FRAME, round, wholeTicks } from './axes.ts';

export function fitnessChart(records: RunRecords): Picture {
  const { generations } = records;
  return generations === undefined ? byEvaluation(records) : byGeneration(records, generations);
}

function byGeneration({ metric }: RunRecords, generations: NonNullable<RunRecords['generations']>): Picture {
  const means = generations.map(({ population }) => mean(population.map(({ fitness }) => fitness)));
  const all = generations.flatMap(({ population, best }) => [
    best.fitness,
    ...population.map(({ fitness }) => fitness),
  ]);
  const { left, right, top, bottom, height } = FRAME;
  const last = generations.at(-1);
  const x = scaleLinear(extentOf(generations.map(({ generation }) => generation)), [left + 10, right - 10]);
  const y = scaleLinear(extentOf(all), [bottom, top]).nice();
  const path = (values: readonly number[]): string =>
    line<number>()
      .x((_, i) => round(x(generations[i]?.generation ?? 0)))
      .y((value) => round(y(value)))(values as number[]) ?? '';
  const series = (values: readonly number[], stroke: string, dash?: string) => [
    html`<path d="${path(values)}" fill="none" stroke="${stroke}" stroke-width="2" stroke-dasharray="${dash ?? 'none'}"/>`,
    values.map((value, i) => {
      const [cx, cy] = [round(x(generations[i]?.generation ?? 0)), round(y(value))];
      return html`<circle cx="${cx}" cy="${cy}" r="3" fill="${stroke}"/>`;
    }),
  ];
  const members = generations.flatMap(({ generation, population }) =>
    population.map(
      ({ genome, fitness }) =>
        html`<circle cx="${round(x(generation))}" cy="${round(y(fitness))}" r="2.5" fill="${colour('dot')}" fill-opacity="0.5"><title>${`${shownGenome(genome)}: ${fitnessText(metric, fitness)}`}</title></circle>`,
    ),
  );
  const best = generations.map((record) => record.best.fitness);
  const name = `Best and mean ${metric} by generation: best ${fitnessText(metric, last?.best.fitness ?? 0)}, mean ${fitnessText(metric, means.at(-1) ?? 0)} in generation ${last?.generation ?? 0}`;
  return {
    id: 'fitness',
    title: 'Fitness by generation',
    svg: drawing(
      { name, height },
      axes(
        { scale: x, name: 'generation', ticks: wholeTicks(x), format: String },
        { scale: y, name: metric, ticks: y.ticks(5), format: tickText(metric, y.ticks(5)) },
      ),
      members,
      series(means, colour('orange'), '4 3'),
      series(best, colour('blue')),
      legend([
        { name: 'best so far', fill: colour('blue') },
        { name: 'mean of population', fill: colour('orange') },
        { name: 'members', fill: colour('dot') },
      ]),
    ),
    table: {
      head: ['Generation', 'Best', 'Mean', 'Members', 'Best genome'],
      rows: generations.map(({ generation, population, best: { genome, fitness } }, i) => [
        generation,
        fitnessText(metric, fitness),
        fitnessText(metric, means[i] ?? 0),
        population.length,
        html`<code>${shownGenome(genome)}</code>`,
      ]),
    },
  };
}

/** Used before the first generation is complete, and for runs that did not record generations. */
function byEvaluation({ entries, metric, status }: RunRecords): Picture {
  const evaluations = entries.filter((entry) => entry.type === 'evaluation').filter((entry) => !isFailed(entry));
  if (evaluations.length === 0) {
    return { id: 'fitness', title: 'Fitness by generation', note: 'No candidate has a fitness yet.' };
  }
  const { left, right, top, bottom, height } = FRAME;
  const best: number[] = [];
  for (const { fitness } of evaluations) best.push(Math.max(best.at(-1) ?? fitness, fitness));
  const x = scaleLinear(extentOf([1, evaluations.length]), [left + 10, right - 10]);
  const y = scaleLinear(extentOf(evaluations.map(({ fitness }) => fitness)), [bottom, top]).nice();
  const steps = line<number>()
    .x((_, i) => round(x(i + 1)))
    .y((value) => round(y(value)))
    .curve(curveStepAfter);
  const dots = evaluations.map(
    ({ genome, fitness }, i) =>
      html`<circle cx="${round(x(i + 1))}" cy="${round(y(fitness))}" r="2.5" fill="${colour('dot')}"><title>${`${shownGenome(genome)}: ${fitnessText(metric, fitness)}`}</title></circle>`,
  );
  const name = `${metric} of ${counted(evaluations.length, 'evaluation')} in the order in which they ended; best ${fitnessText(metric, best.at(-1) ?? 0)}`;
  return {
    id: 'fitness',
    title: 'Fitness by evaluation',
    note:
      status === 'done'
        ? 'The run did not record its generations, so evaluations are shown in the order in which they ended.'
        : 'No generation is complete yet; evaluations are shown in the order in which they ended.',
    svg: drawing(
      { name, height },
      axes(
        { scale: x, name: 'evaluation', ticks: wholeTicks(x), format: String },
        { scale: y, name: metric, ticks: y.ticks(5), format: tickText(metric, y.ticks(5)) },
      ),
      dots,
      html`<path d="${steps(best) ?? ''}" fill="none" stroke="${colour('blue')}" stroke-width="2"/>`,
      legend([{ name: 'best so far', fill: colour('blue') }]),
    ),
    table: {
      head: ['Evaluation', 'Genome', metric],
      rows: evaluations.map(({ genome, fitness }, i) => [
        i + 1,
        html`<code>${shownGenome(genome)}</code>`,
        fitnessText(metric, fitness),
      ]),
    },
  };
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

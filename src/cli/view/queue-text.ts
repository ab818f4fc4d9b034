// The state of a queue as tables, in the width of a terminal.

import type { QueueState } from '../../internal.ts';
import { cell, counted, grouped, scaled, shorten } from './format.ts';

/** Lines for a terminal or a pipe. */
export function queueText(url: string, { queues, searches, workers }: QueueState, columns: number): readonly string[] {
  const labelOf = ({ id, isAside, reservedFor }: QueueState['workers'][number]): string => {
    if (isAside) return `${id} (put aside)`;
    if (reservedFor === undefined) return id;
    const { name = 'a search that is gone' } = searches.find((search) => search.id === reservedFor) ?? {};
    return `${id} (final training of ${name})`;
  };
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
  const head = `${url}: ${counted(searches.length, 'search', 'searches')}, ${counted(workers.length, 'worker')}, ${counted(slots, 'training')} at the same time`;
  const blocks = [
    [head],
    queues.flatMap(({ name, version, kind, waiting, active, differences }) => [
      `${name}  ${grouped(waiting)} waiting, ${grouped(active)} in training${differences > 0 ? `, ${counted(differences, 'pair')} of results differ` : ''}`,
      `  version ${version}, ${kind}`,
    ]),
    table(
      ['Search', 'on', 'asked for', 'done', 'failed'],
      searches.map(({ name, host, outstanding, done, failed }) => [name, host, outstanding, done, failed]),
    ),
    table(
      ['Worker', 'slots', 'busy', 'work/s', 'done', 'failed'],
      workers.map((worker) => [
        labelOf(worker),
        worker.slots,
        worker.running.length,
        worker.rate === undefined ? '–' : scaled(worker.rate, 'FLOP'),
        worker.done,
        worker.failed,
      ]),
    ),
  ].filter((lines) => lines.length > 0);
  return blocks.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines])).map((line) => shorten(line, columns));
}

/** Empty without rows. The first column is text, the others are figures. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const texts = rows.map((row) => row.map((value) => (typeof value === 'number' ? grouped(value) : value)));
  const widths = head.map((name, i) => Math.max(name.length, ...texts.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((text, i) => cell(text, widths[i] ?? 0, i === 0 ? 'left' : 'right')).join('  ');
  return [line(head), ...texts.map(line)];
}

// Writes `report.html` for a run, or its drawings as files.

import { join, resolve } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { writeFileAtomically } from '../files/write-file.ts';
import { parseGenome } from '../genome/text.ts';
import { networkInputOf } from '../search/config/network-input.ts';
import { nearestOf } from '../text/did-you-mean.ts';
import { candidatesChart, candidatesTable } from './charts/candidates-chart.ts';
import { confusionPicture } from './charts/confusion.ts';
import { doubtfulLabels } from './charts/doubtful-labels.ts';
import { familyTree } from './charts/family-tree.ts';
import { fitnessChart } from './charts/fitness-chart.ts';
import { learningCurves } from './charts/learning-curves.ts';
import { timeChart } from './charts/time-chart.ts';
import { worstImages } from './charts/worst-images.ts';
import { drawArchitecture } from './network/architecture.ts';
import { writeDrawing } from './network/write-drawing.ts';
import { reportPage } from './page/page.ts';
import { Markup } from './parts/markup.ts';
import type { Picture } from './parts/picture.ts';
import { withLightColours } from './parts/theme.ts';
import { type RunRecords, readRun } from './read-run.ts';

export const REPORT_FORMATS = ['html', 'svg', 'png'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** What {@link writeReport} writes, and where. */
export interface ReportOptions {
  /** Default: `html`, one page. The others write a file per drawing, in light colours. */
  readonly format?: string;
  /** Folder for the files. Default: the run folder, or `pictures/` in it for `svg` and `png`. */
  readonly out?: string;
  /** Folder of packed data sets. Default: the user's cache. */
  readonly cacheDir?: string;
}

/**
 * Draws the progress and results of a run, whether it is done, in progress or stopped. It only reads the files of the run
 * and scores nothing; of a run that is done, the model is asked what it looks at in the most wrong test images.
 *
 * @param run  the run folder.
 * @returns the absolute paths of the written files, and notices about what could not be drawn.
 * @throws {InvalidInputError} if the folder is not a run, the format does not exist, or a file cannot be written;
 *   {JournalError} if its journal is damaged.
 */
export async function writeReport(
  run: string,
  options: ReportOptions = {},
): Promise<{
  readonly format: 'html' | 'svg' | 'png';
  readonly files: readonly string[];
  readonly notices: readonly string[];
}> {
  const format = requireFormat(options.format ?? 'html');
  const records = await readRun(run, options.cacheDir);
  const pictures = await drawPictures(records, format);
  const { folder } = records;
  if (format === 'html') {
    const path = join(resolve(options.out ?? folder.path), 'report.html');
    await writeFileAtomically(path, [Buffer.from(reportPage(records, pictures))]);
    return { format, files: [path], notices: [] };
  }
  const out = resolve(options.out ?? join(folder.path, 'pictures'));
  const files: string[] = [];
  for (const { id, svg } of pictures) {
    if (svg === undefined) continue;
    const path = join(out, `${id}.${format}`);
    await writeDrawing(`${withLightColours(svg).text}\n`, path);
    files.push(path);
  }
  const notices = pictures.flatMap(({ title, svg, note }) =>
    svg === undefined && note !== undefined ? [`${title}: ${note}`] : [],
  );
  return { format, files, notices };
}

async function drawPictures(records: RunRecords, format: ReportFormat): Promise<readonly Picture[]> {
  const isSearch = records.config.genome === undefined;
  const table = candidatesTable(records);
  return [
    ...(isSearch ? [fitnessChart(records)] : []),
    architecture(records),
    ...(isSearch ? [candidatesChart(records, 'parameters'), candidatesChart(records, 'flops')] : []),
    learningCurves(records, 'accuracy'),
    learningCurves(records, 'loss'),
    confusionPicture(records),
    await worstImages(records, { withMaps: format === 'html' }),
    ...(records.suspects === undefined ? [] : [await doubtfulLabels(records, records.suspects)]),
    ...(isSearch ? [familyTree(records)] : []),
    timeChart(records),
    ...(table === undefined ? [] : [table]),
  ];
}

function architecture({ winner, data, config }: RunRecords): Picture {
  const id = 'architecture';
  const title = 'Architecture';
  if (winner === undefined) return { id, title, note: 'No candidate has a fitness yet.' };
  if (data === undefined) {
    return {
      id,
      title,
      note: 'The packed data of the run is no longer in the cache, so the image size is unknown.',
    };
  }
  return { id, title, svg: new Markup(drawArchitecture(parseGenome(winner), networkInputOf(config, data))) };
}

function requireFormat(format: string): ReportFormat {
  const known = REPORT_FORMATS.find((name) => name === format);
  if (known !== undefined) return known;
  const nearest = nearestOf(format, REPORT_FORMATS);
  const cure = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  throw new InvalidInputError(`--format must be one of ${REPORT_FORMATS.join(', ')}, received ${format}${cure}`, {
    details: { format },
  });
}

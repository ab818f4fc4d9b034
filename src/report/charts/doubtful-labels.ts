// Shows the training images whose labels are the most doubtful.

import { imageSizeOf, joinExamples } from '../../data/set/dataset.ts';
import type { SuspectRecords } from '../../search/suspects/suspect-records.ts';
import { counted, grouped, percent, shorten } from '../parts/format.ts';
import { dataUri, pngOf } from '../parts/image-data.ts';
import { html } from '../parts/markup.ts';
import type { Picture } from '../parts/picture.ts';
import type { RunRecords } from '../read-run.ts';

const MOST_IMAGES = 25;
const LONGEST_NAME = 24;

export async function doubtfulLabels({ dataset }: RunRecords, records: SuspectRecords): Promise<Picture> {
  const id = 'suspects';
  const title = 'Doubtful labels';
  const { suspects, images, folds, accuracy, fingerprint } = records;
  const shown = suspects.slice(0, MOST_IMAGES);
  const rest = suspects.length > shown.length ? ` The ${shown.length} worst are shown;` : '';
  const note = `${counted(suspects.length, 'doubtful label')} among ${grouped(images)} training images, ${percent(accuracy)} of whose labels agree with networks that had not seen them (${folds} folds).${rest} suspects.html decides about them.`;
  if (shown.length === 0) return { id, title, note };
  const table = {
    head: ['Image', 'Labelled', 'Looks like', 'Probability of the label', 'Of the other'],
    rows: shown.map(({ file, image, label, suggested, selfConfidence, otherConfidence }) => [
      file ?? image.slice(0, 12),
      label,
      suggested,
      percent(selfConfidence),
      percent(otherConfidence),
    ]),
  };
  if (dataset === undefined || dataset.fingerprint !== fingerprint) return { id, title, note, table };
  const { train, validation, shape } = dataset;
  const examples = validation === undefined ? train : joinExamples(train, validation, imageSizeOf(shape));
  const figures = await Promise.all(
    shown.map(async ({ index, label, suggested, otherConfidence }) => {
      const sure = percent(otherConfidence, 0);
      const text = `labelled ${label}, looks like ${suggested} with ${sure}`;
      const uri = dataUri(await pngOf(examples, shape, index));
      return html`<li><figure><img src="${uri}" width="96" height="96" alt="${text}"/><figcaption><b>${shorten(label, LONGEST_NAME)}</b> or <b>${shorten(suggested, LONGEST_NAME)}</b> <span>${sure}</span></figcaption></figure></li>`;
    }),
  );
  return { id, title, note, content: html`<ul class="images">${figures}</ul>`, table };
}

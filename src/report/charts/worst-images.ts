// Shows the test images with the worst predictions.

import { ANSWERS_PER_MAP } from '../../engine/scoring/explain-image.ts';
import type { ImageShape } from '../../genome/image-shape.ts';
import type { TestPredictions } from '../../search/records/test-predictions.ts';
import { counted, percent, shorten } from '../parts/format.ts';
import { dataUri, pngOf } from '../parts/image-data.ts';
import { html } from '../parts/markup.ts';
import { drawing, type Picture, WIDTH } from '../parts/picture.ts';
import { colour } from '../parts/theme.ts';
import type { RunRecords } from '../read-run.ts';
import { heatMapsOf } from './heat-maps.ts';

const MOST_IMAGES = 25;
const MOST_MAPS = 12;
/** FLOPs that they may cost together: a few seconds on one core, so that a report takes little of a run's time. */
const MOST_WORK = 1.5e11;
const COLUMNS = 5;
/** Maximum length of a class name below an image; the alternative text has the full name. */
const LONGEST_NAME = 24;
const HOW_TO_READ =
  'Beside each image is what spoke for the wrong class: the model was surer of it where a bright yellow part was visible than where it was hidden; dark violet parts made no difference. Without yellow, no single part decided. A map says where the model looks, not what it sees there; it is no finer than a seventh of the image, and has a scale of its own.';

export async function worstImages(
  { folder, predictions, dataset, data, status, summary }: RunRecords,
  { withMaps }: { readonly withMaps: boolean },
): Promise<Picture> {
  const id = 'worst';
  const title = 'Most wrong test images';
  if (predictions === undefined || data === undefined) {
    const note =
      status === 'done'
        ? 'The version of this run did not record predictions.'
        : 'The test images are scored once, at the end.';
    return { id, title, note };
  }
  const worst = mostWrong(predictions);
  if (worst.length === 0) return { id, title, note: 'All test images are classified correctly.' };
  const { classes } = data;
  const described = worst.map((image) => ({
    ...image,
    is: classes[image.truth] ?? '',
    as: classes[image.guess] ?? '',
  }));
  const table = {
    head: ['Test image', 'Is', 'Taken for', 'Sure', 'Probability of the truth'],
    rows: described.map(({ index, is, as, probability, trueProbability }) => [
      index,
      is,
      as,
      percent(probability),
      percent(trueProbability),
    ]),
  };
  if (dataset === undefined || dataset.fingerprint !== predictions.fingerprint) {
    const note = 'The images are not shown: the packed data of the run is no longer in the cache.';
    return { id, title, note, table };
  }
  const images = await Promise.all(
    described.map(async (image) => ({ ...image, png: await pngOf(dataset.test, dataset.shape, image.index) })),
  );
  const wanted = Math.min(MOST_MAPS, worst.length);
  const affordable = Math.floor(MOST_WORK / (ANSWERS_PER_MAP * (summary?.flops ?? 0)));
  const explained = worst.slice(0, Math.min(wanted, affordable));
  const maps = withMaps ? await heatMapsOf({ folder, dataset }, explained) : [];
  const figures = images.map(({ png, is, as, probability }, i) => {
    const text = `${is}, taken for ${as} with ${percent(probability, 0)}`;
    const caption = html`<figcaption><b>${shorten(is, LONGEST_NAME)}</b> as <b>${shorten(as, LONGEST_NAME)}</b> <span>${percent(probability, 0)}</span></figcaption>`;
    const picture = html`<img src="${dataUri(png)}" width="96" height="96" alt="${text}"/>`;
    const map = maps[i];
    if (map === undefined) return html`<li><figure>${picture}${caption}</figure></li>`;
    const where =
      map.place === undefined ? `no single part speaks for ${as}` : `what speaks most for ${as} is ${map.place}`;
    const mapText = `Heat map: ${where}`;
    return html`<li><figure><div class="pair">${picture}<img src="${dataUri(map.jpeg, 'jpeg')}" width="96" height="96" alt="${mapText}"/></div>${caption}</figure></li>`;
  });
  const note =
    worst.length < MOST_IMAGES
      ? `All misclassified images, those with the lowest probability of the true class first.`
      : `The ${MOST_IMAGES} misclassified images with the lowest probability of the true class.`;
  const [pairs, others] = [figures.slice(0, maps.length), figures.slice(maps.length)];
  const isCut = withMaps && explained.length < wanted;
  return {
    id,
    title,
    note: isCut ? `${note} ${cutText(explained.length)}` : note,
    svg: await sheet(images, dataset.shape),
    content: html`${pairs.length > 0 ? html`<ul class="images pairs">${pairs}</ul><p class="note">${HOW_TO_READ}</p>` : undefined}${others.length > 0 ? html`<ul class="images">${others}</ul>` : undefined}`,
    table,
  };
}

const cutText = (maps: number): string =>
  `The model is large, so there ${maps === 1 ? 'is' : 'are'} ${counted(maps, 'heat map')}; “auto-cnn predict” draws others with --explain.`;

interface WrongImage {
  /** Index in the test part. */
  readonly index: number;
  readonly truth: number;
  readonly guess: number;
  readonly probability: number;
  readonly trueProbability: number;
}

/**
 * Sorted by the probability of the true class, lowest first; ties by the probability of the predicted class, highest first.
 */
function mostWrong({ labels, predicted, probabilities, trueProbabilities }: TestPredictions): readonly WrongImage[] {
  return labels
    .map((truth, index) => ({
      index,
      truth,
      guess: predicted[index] ?? truth,
      probability: probabilities[index] ?? 0,
      trueProbability: trueProbabilities[index] ?? 0,
    }))
    .filter(({ truth, guess }) => truth !== guess)
    .toSorted((a, b) => a.trueProbability - b.trueProbability || b.probability - a.probability)
    .slice(0, MOST_IMAGES);
}

interface Described extends WrongImage {
  readonly is: string;
  readonly as: string;
  readonly png: Buffer;
}

/** All images as one drawing. */
async function sheet(images: readonly Described[], { width, height }: ImageShape) {
  const cell = WIDTH / COLUMNS;
  const side = cell - 12;
  const step = cell + 22;
  const scale = side / Math.max(width, height);
  const cells = await Promise.all(
    images.map(async ({ png, is, as }, i) => {
      const [x, y] = [(i % COLUMNS) * cell + 6, Math.floor(i / COLUMNS) * step + 6];
      const letters = 10;
      return html`<image href="${dataUri(await enlarged(png, width, height))}" x="${x}" y="${y}" width="${width * scale}" height="${height * scale}"/><g text-anchor="middle" font-size="11"><text x="${x + side / 2}" y="${y + side + 11}">${shorten(is, letters)}</text><text x="${x + side / 2}" y="${y + side + 22}" fill="${colour('red')}">${shorten(as, letters)}</text></g>`;
    }),
  );
  const name = `The ${images.length} most wrong test images, the true class above the predicted one`;
  return drawing({ name, height: Math.ceil(images.length / COLUMNS) * step + 6 }, cells);
}

/** Enlarges by an integer factor, so that pixels stay sharp in every program. */
async function enlarged(png: Buffer, width: number, height: number): Promise<Buffer> {
  const factor = Math.max(1, Math.round(224 / Math.max(width, height)));
  if (factor === 1) return png;
  const { default: sharp } = await import('sharp');
  return sharp(png)
    .resize(width * factor, height * factor, { kernel: 'nearest' })
    .png()
    .toBuffer();
}

// Writes `suspects.html` into a run folder.

import { writeFileAtomically } from '../../files/write-file.ts';
import type { FoundSuspects } from '../../search/suspects/find-suspects.ts';
import { suspectPathsOf } from '../../search/suspects/suspect-records.ts';
import { dataUri, pngOf } from '../parts/image-data.ts';
import { suspectsPage } from './suspects-page.ts';

/** As many as a person looks through at a time. */
const MOST_SHOWN = 100;

/**
 * The doubtful images, then those that come next in the ranking and that the networks see otherwise, a hundred at most.
 *
 * @returns the path of the page.
 * @throws {InvalidInputError} if it cannot be written.
 */
export async function writeSuspectsPage(found: FoundSuspects): Promise<string> {
  const { folder, records, ranking, dataset, examples, corrections } = found;
  const isSuspect = new Set(records.suspects.map(({ index }) => index));
  const next = ranking.filter(
    ({ index, selfConfidence, otherConfidence }) => otherConfidence > selfConfidence && !isSuspect.has(index),
  );
  const chosen = [...records.suspects, ...next].slice(0, MOST_SHOWN);
  const uriOf = async (index: number): Promise<string> => dataUri(await pngOf(examples, dataset.shape, index));
  const shown = await Promise.all(
    chosen.map(async (image) => ({
      ...image,
      png: await uriOf(image.index),
      ...(image.nearCopy && { copyPng: await uriOf(image.nearCopy.index) }),
    })),
  );
  const { page } = suspectPathsOf({ path: folder });
  await writeFileAtomically(page, [Buffer.from(suspectsPage(dataset.name, records, shown, corrections))]);
  return page;
}

// Random data sets in random layouts and containers, with files that have nothing to do with them.

import fc from 'fast-check';
import type { Files } from './data-case.ts';
import { CONTAINERS, type Container, pack } from './pack.ts';
import type { Truth } from './truth.ts';
import { type FolderPlan, folderPlans, renderFolders } from './variant-folders.ts';
import { renderTable, settle, type TablePlan, tablePlans } from './variant-tables.ts';
import { type TruthPlan, truthOf, truthPlans } from './variant-truth.ts';

type Junk = 'system' | 'papers' | 'boxes' | 'classes' | 'unlabelled' | 'submission';

export interface Variant {
  readonly truth: TruthPlan;
  readonly layout: FolderPlan | TablePlan;
  readonly junk: readonly Junk[];
  readonly container: Container;
}

export const variants: fc.Arbitrary<Variant> = fc
  .record({
    truth: truthPlans,
    layout: fc.oneof(folderPlans, tablePlans.map(settle)),
    junk: fc.uniqueArray(fc.constantFrom('system', 'papers', 'boxes', 'classes', 'unlabelled', 'submission'), {
      maxLength: 3,
    }),
    container: fc.constantFrom(...CONTAINERS),
  })
  .map(({ junk, ...variant }): Variant => ({ ...variant, junk: junk.filter((each) => isPossible(each, variant)) }));

/** What can be beside what. */
function isPossible(junk: Junk, { truth, layout }: Omit<Variant, 'junk'>): boolean {
  // Lists of images are told from files of boxes by their small number.
  if (junk === 'boxes') return layout.kind === 'folders' || layout.form !== 'txt';
  return junk !== 'unlabelled' || truth.test === 0;
}

export interface RenderedVariant {
  readonly truth: Truth;
  readonly files: Files;
  /** Within the folder of the files; empty for all of it. */
  readonly source: string;
}

export async function renderVariant({ truth: plan, layout, junk, container }: Variant): Promise<RenderedVariant> {
  const truth = truthOf(plan);
  const data = layout.kind === 'folders' ? renderFolders(layout, truth) : renderTable(layout, truth);
  const extra = Object.assign({}, ...junk.map((each) => JUNK[each](data, layout, Object.keys(truth.train))));
  return { truth, ...(await pack({ ...extra, ...data }, container)) };
}

/**
 * Why a variant may be refused: what it says can be understood in two ways, or a piece of it is missing.
 *
 * @returns undefined if it has to be read.
 */
export function doubtIn({ layout }: Variant): string | undefined {
  if (layout.kind === 'folders') {
    return layout.table === 'rival' ? 'a table whose column "label" contradicts the folders' : undefined;
  }
  if (layout.labels === 'one-hot') return undefined;
  const isNamed = layout.hasHeader && !['Klasse', 'kind'].includes(layout.labelColumn);
  const rivals = layout.hasHeader ? ['site', 'taken_at'] : ['site', 'taken_at', 'photographer', 'width'];
  if (!isNamed && layout.others.some((key) => rivals.includes(key))) {
    return 'a column of labels with an unknown name or none, and another column whose values repeat';
  }
  return undefined;
}

const JUNK: Readonly<Record<Junk, (data: Files, layout: FolderPlan | TablePlan, classes: readonly string[]) => Files>> =
  {
    system: () => ({
      '.DS_Store': new Uint8Array(16),
      '__MACOSX/._1.png': new Uint8Array(16),
      'Thumbs.db': new Uint8Array(16),
      '@eaDir/1.png': { className: 'junk', index: 1 },
      '.ipynb_checkpoints/2.png': { className: 'junk', index: 2 },
      'desktop.ini': '[x]',
    }),
    papers: () => ({
      'README.md': '# Pets, 2021\n',
      LICENSE: 'Take it.\n',
      'credits.csv': 'name,role\nAnn,pictures\nBob,labels\n',
      'paper.docx': new Uint8Array(16),
    }),
    boxes: (data) =>
      Object.fromEntries(
        Object.keys(data)
          .filter((name) => /\.(png|jpg)$/i.test(name))
          .map((name) => [`${name.slice(0, -4)}.txt`, '0 .5 .5 1 1\n']),
      ),
    classes: (_, __, classes) => ({ 'classes.txt': classes.map((name) => `${name}\n`).join('') }),
    unlabelled: (_, { wrappers }) =>
      Object.fromEntries(
        [1, 2, 3].map((index) => [
          [...wrappers, 'test_unlabelled', `${index}.png`].join('/'),
          { className: 'unknown', index },
        ]),
      ),
    submission: () => ({ 'sample_submission.csv': 'file_name,label\n1,0\n2,0\n3,0\n' }),
  };

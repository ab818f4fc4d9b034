import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/data-fixtures.ts';
import { MadeUpRun } from '../../test/support/report-runs.ts';
import { smallModel } from '../../test/support/small-model.ts';
import { InvalidInputError } from '../errors.ts';
import { worstImages } from './charts/worst-images.ts';
import { readRun } from './read-run.ts';
import { writeReport } from './write-report.ts';

const IDS = [
  'fitness',
  'architecture',
  'candidates-parameters',
  'candidates-flops',
  'learning-accuracy',
  'learning-loss',
  'confusion',
  'worst',
  'family',
  'time',
];

const MISSING_NUMBERS = /NaN|undefined|Infinity/;

/** The ids of the pictures that are drawn. */
function drawn(html: string): string[] {
  return [...html.matchAll(/<section id="([\w-]+)"[\s\S]*?<\/section>/g)]
    .filter(([section]) => section.includes('<svg') || section.includes('<img'))
    .map(([, id = '']) => id);
}

async function report(run: MadeUpRun): Promise<string> {
  const { files } = await writeReport(run.folder, { cacheDir: run.cacheDir });
  expect(files).toEqual([join(run.folder, 'report.html')]);
  return readFileSync(files[0] ?? '', 'utf8');
}

describe('writeReport', () => {
  it('draws everything of a run that is done, and takes nothing from elsewhere', async () => {
    const html = await report(await MadeUpRun.done());
    expect(drawn(html)).toEqual(IDS);
    expect(html).not.toMatch(/(src|href)="(?!data:|#)/);
    expect(html).not.toContain('<script');
    expect(html).not.toMatch(MISSING_NUMBERS);
  });

  it('says how many images each part of the data has', async () => {
    const run = await MadeUpRun.done();
    const shown = '<dt>Data</dt><dd>20 training and 60 test images</dd>';
    expect(await report(run)).toContain(shown);
    const summary = JSON.parse(readFileSync(join(run.folder, 'summary.json'), 'utf8'));
    run.write('summary.json', { ...summary, dataset: { ...summary.dataset, validationExamples: 1500 } });
    expect(await report(run)).toContain('<dd>20 training, 1,500 validation and 60 test images</dd>');
    rmSync(join(run.folder, 'summary.json'));
    expect(await report(run)).toContain(shown);
  });

  it('lists every candidate, the fittest first, with what there is to say of it', async () => {
    const html = await report(await MadeUpRun.done());
    const rows = [...html.matchAll(/<tr id="candidate-\d+">(.*?)<\/tr>/g)].map(([, row = '']) =>
      row
        .replaceAll(/<[^>]+>/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    );
    expect(rows).toHaveLength(10);
    expect(rows[0]).toMatch(/^8-8-mean 90\.87 % 3,122 162 k 3\.0 s winner, Pareto front$/);
    expect(rows.find((row) => row.startsWith('16-8 '))).toMatch(/ ended early$/);
    expect(rows.find((row) => row.startsWith('8-8-max '))).toMatch(/ from a cache$/);
    expect(rows.at(-1)).toMatch(/^8-16 – .* failed: the loss overflowed$/);
  });

  it('draws the ancestors of the winner, each with its parents below it', async () => {
    const html = await report(await MadeUpRun.done());
    const [, family = ''] = html.match(/<section id="family"(.*?)<\/section>/s) ?? [];
    expect(family).toContain('aria-label="Family tree of 8-8-mean: 4 ancestors"');
    const names = [...family.matchAll(/<g><title>(.*?)<\/title>/g)].map(([, name]) => name);
    expect(names).toEqual([
      '8-8-mean',
      '8-8-max-8-8',
      '8-16, of the first generation',
      '8-8-max, of the first generation',
      '8-16-max-8-8',
      '8-8-max, of the first generation',
      '8-8-max-8-8, its parents are above',
    ]);
  });

  it('says of each class and image what the recorded answers say', async () => {
    const run = await MadeUpRun.done({ classes: ['cat', 'dog', 'owl'] });
    run.write('test-predictions.json', {
      fingerprint: run.dataset.fingerprint,
      labels: [0, 1, 2, 0, 1, 2],
      predicted: [0, 1, 2, 2, 0, 0],
      probabilities: [1, 1, 1, 0.7, 0.9, 0.8],
      trueProbabilities: [1, 1, 1, 0.2, 0.1, 0.15],
    });
    const html = await report(run);
    expect(html).toContain('aria-label="Confusion matrix of 3 classes: 3 of 6 test images are right"');
    expect(html).toContain('<title>owl taken for cat: 1 of 2</title>');
    const alts = [...html.matchAll(/alt="([^"]*)"/g)].map(([, alt]) => alt);
    expect(alts).toEqual([
      'dog, taken for cat with 90 %',
      'owl, taken for cat with 80 %',
      'cat, taken for owl with 70 %',
    ]);
  });

  it.each([1, 3])('shows the pixels of a wrong image, with %i channels', async (channels) => {
    const run = await MadeUpRun.done({ channels });
    const html = await report(run);
    const [, encoded = ''] = html.match(/src="data:image\/png;base64,([^"]*)"/) ?? [];
    const { data, info } = await sharp(Buffer.from(encoded, 'base64')).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: run.dataset.shape.width, height: run.dataset.shape.height });
    const planes = run.imageOf(run.worst);
    const area = info.width * info.height;
    const expected = Array.from({ length: area * channels }, (_, i) => {
      const plane = i % channels;
      return planes[plane * area + Math.floor(i / channels)];
    });
    const shown = Array.from(data).filter((_, i) => i % info.channels < channels);
    expect(shown).toEqual(expected);
  });

  it('escapes what users name', async () => {
    const run = await MadeUpRun.done({
      classes: ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', 'a & b'],
    });
    const html = await report(run);
    expect(html).not.toContain('<script');
    expect(html).not.toContain('<img src=x');
    expect(html).toContain('&lt;script&gt;');
    expect(html).toContain('a &amp; b');
  });

  it('names the most confused pairs where there are too many classes for a matrix', async () => {
    const run = await MadeUpRun.done({ classes: Array.from({ length: 100 }, (_, i) => `kind ${i}`) });
    const html = await report(run);
    expect(html).toContain('Most confused classes');
    expect(html).toMatch(
      /aria-label="The 20 most confused pairs of classes, first kind \d+ taken for kind \d+, \d+ times"/,
    );
  });

  it('leaves out of a run that goes on what is not known yet, and says so', async () => {
    const run = await MadeUpRun.goingOn();
    const html = await report(run);
    expect(drawn(html)).toEqual(IDS.filter((id) => id !== 'confusion' && id !== 'worst'));
    expect(html).toContain('Search is in progress');
    expect(html).toContain('The test images are scored once, at the end.');
    rmSync(join(run.folder, 'lock'));
    expect(await report(run)).toContain('Search was stopped early');
  });

  it('says what is missing of a run that an older version did', async () => {
    const run = await MadeUpRun.done();
    for (const name of ['generations.json', 'test-predictions.json']) rmSync(join(run.folder, name));
    run.forgetParents();
    const html = await report(run);
    expect(drawn(html)).toEqual(IDS.filter((id) => !['confusion', 'worst', 'family'].includes(id)));
    expect(html).toContain('Fitness by evaluation');
    expect(html).toContain('The version of this run did not record');
  });

  it.each([
    ['nothing', 0],
    ['one candidate', 1],
  ])('draws a run that has evaluated %s', async (_, count) => {
    const run = await MadeUpRun.goingOn({ evaluations: count, generations: 0 });
    const html = await report(run);
    expect(html).not.toMatch(MISSING_NUMBERS);
    expect(html.includes('No candidate has a fitness yet.')).toBe(count === 0);
  });

  it('draws a run whose candidates have all failed so far', async () => {
    const run = await MadeUpRun.goingOn({ evaluations: 3, generations: 0, allFail: true });
    const html = await report(run);
    expect(html).toContain('3 candidates failed.');
    expect(html).toContain('failed: the loss overflowed');
    expect(drawn(html)).toEqual(['time']);
  });

  it('draws the training of a genome without a search', async () => {
    const html = await report(await MadeUpRun.trained());
    expect(drawn(html)).toEqual(['architecture', 'learning-accuracy', 'learning-loss', 'confusion', 'worst', 'time']);
    expect(html).toContain('Training done in 42 s');
    expect(html).not.toContain('id="fitness"');
  });

  it('shows no images when the packed data is gone', async () => {
    const run = await MadeUpRun.done();
    const html = readFileSync(
      (await writeReport(run.folder, { cacheDir: await temporaryFolder() })).files[0] ?? '',
      'utf8',
    );
    expect(html).not.toContain('<img');
    expect(html).toContain('the packed data of the run is no longer in the cache');
  });
});

describe('the heat maps of a report', () => {
  /** The classes are those of the run. */
  function withModel(run: MadeUpRun): MadeUpRun {
    const { shape, classes } = run.dataset;
    writeFileSync(join(run.folder, 'model.onnx'), smallModel('4-4-max', shape, classes).bytes);
    return run;
  }
  const mapsIn = (html: string) => [...html.matchAll(/<img src="data:image\/jpeg;base64,([^"]*)"[^>]*alt="([^"]*)"/g)];

  it.each([1, 3])(
    'show beside the most wrong images what spoke for the wrong class, with %i channels',
    async (channels) => {
      const html = await report(withModel(await MadeUpRun.done({ channels, classes: ['<b>', 'dog', 'owl'] })));
      const maps = mapsIn(html);
      expect(maps).toHaveLength(12);
      expect(html.match(/<img src="data:image\/png/g)).toHaveLength(25);
      expect(html).toContain('A map says where the model looks, not what it sees there');
      for (const [, encoded = '', alt = ''] of maps) {
        expect(alt).toMatch(
          /^Heat map: (no single part speaks for|what speaks most for) (&lt;b&gt;|dog|owl)( is (in the middle|at the [a-z ]+))?$/,
        );
        expect(await sharp(Buffer.from(encoded, 'base64')).metadata()).toMatchObject({ width: 228, height: 190 });
      }
    },
  );

  it('are the same each time', async () => {
    const run = withModel(await MadeUpRun.done());
    expect(await report(run)).toBe(await report(run));
  });

  it('are as many as a bounded amount of work is enough for, which is said', async () => {
    const run = withModel(await MadeUpRun.done());
    const records = await readRun(run.folder, run.cacheDir);
    const reportOf = async (flops: number) => {
      const summary = records.summary && { ...records.summary, flops };
      const { note, content } = await worstImages({ ...records, summary }, { withMaps: true });
      return {
        note,
        maps: mapsIn(content?.text ?? '').length,
        images: content?.text.match(/data:image\/png/g)?.length,
      };
    };
    expect(await reportOf(1e6)).toMatchObject({ maps: 12, images: 25, note: expect.not.stringContaining('heat map') });
    expect(await reportOf(1e8)).toMatchObject({
      maps: 3,
      images: 25,
      note: expect.stringContaining('there are 3 heat maps'),
    });
    const none = {
      maps: 0,
      images: 25,
      note: expect.stringContaining('“auto-cnn predict” draws others with --explain.'),
    };
    expect(await reportOf(1e10)).toMatchObject(none);
  });

  it('are left out where the model is damaged', async () => {
    const run = withModel(await MadeUpRun.done());
    writeFileSync(join(run.folder, 'model.onnx'), 'no model');
    expect(mapsIn(await report(run))).toHaveLength(0);
  });
});

describe('the drawings as files', () => {
  it.each(['svg', 'png'])('are one %s file each', async (format) => {
    const run = await MadeUpRun.done();
    const { files } = await writeReport(run.folder, { format, cacheDir: run.cacheDir });
    const folder = join(run.folder, 'pictures');
    expect(files).toEqual(IDS.map((id) => join(folder, `${id}.${format}`)));
    for (const file of files) {
      const { width, height } = await sharp(file).metadata();
      expect(width).toBeGreaterThanOrEqual(format === 'png' ? 720 : 360);
      const { channels } = await sharp(file).flatten({ background: '#fff' }).stats();
      expect({ file, isDrawn: channels.some(({ stdev }) => stdev > 2) }).toEqual({ file, isDrawn: true });
      if (format === 'svg' && !file.includes('architecture')) expect(readFileSync(file, 'utf8')).not.toContain('var(');
      expect(height).toBeGreaterThan(50);
    }
  });

  it('go where they are asked to, and what is missing is named', async () => {
    const going = await MadeUpRun.goingOn();
    const out = join(await temporaryFolder(), 'deep', 'down');
    const { notices } = await writeReport(going.folder, { format: 'svg', out, cacheDir: going.cacheDir });
    expect(readdirSync(out)).toHaveLength(IDS.length - 2);
    expect(notices).toContain('Most wrong test images: The test images are scored once, at the end.');
    expect(existsSync(join(going.folder, 'pictures'))).toBe(false);
  });
});

describe('writeReport refuses', () => {
  it('a folder that is not a run', async () => {
    const folder = await temporaryFolder();
    await expect(writeReport(folder)).rejects.toThrow(`${folder} is not a run: it has no config.json`);
    await expect(writeReport(join(folder, 'none'))).rejects.toThrow(InvalidInputError);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a format that there is not', async () => {
    const { folder } = await MadeUpRun.done();
    await expect(writeReport(folder, { format: 'pgn' })).rejects.toThrow(
      '--format must be one of html, svg, png, received pgn; did you mean png?',
    );
  });

  it('a folder that cannot be written to', async () => {
    const { folder } = await MadeUpRun.done();
    const out = join(await temporaryFolder(), 'file');
    writeFileSync(out, '');
    await expect(writeReport(folder, { out })).rejects.toThrow(InvalidInputError);
  });
});

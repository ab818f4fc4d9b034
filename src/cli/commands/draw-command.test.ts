import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/data-fixtures.ts';
import { runInProcess } from '../../../test/support/run-program.ts';
import { parseGenome } from '../../index.ts';
import { drawArchitecture } from '../../internal.ts';

const input = { channels: 1, height: 28, width: 28 };

describe('draw', () => {
  it('prints the SVG', async () => {
    const svg = drawArchitecture(parseGenome('8-8-max'), { input, classes: 10 });
    const { code, stdout, stderr } = await runInProcess('draw', '8-8-0.2', '--input', '28x28x1');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: svg, stderr: '' });
  });

  it('draws the picture in docs/search.md', async () => {
    const { stdout } = await runInProcess('draw', '16-16-max-32-32', '--input', '28x28x1');
    expect(await readFile(new URL('../../../docs/network.svg', import.meta.url), 'utf8')).toBe(stdout);
  });

  it('writes a file, and says where', async () => {
    const out = join(await temporaryFolder(), 'new', 'network.png');
    const { code, stdout } = await runInProcess('draw', '', '--input', '28x28x1', '--out', out);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `Drawing  ${out}\n` });
    expect(await sharp(await readFile(out)).metadata()).toMatchObject({ format: 'png', width: 720 });
    const json = await runInProcess('draw', '8-8', '--input', '28x28x1', '--out', out, '--json');
    expect(JSON.parse(json.stdout)).toEqual({ genome: '8-8', out });
  });

  it('takes classes, head and shortcut', async () => {
    const options = ['--classes', '3', '--head', 'gap,16,dropout=0.3', '--shortcut', 'where-channels-differ'];
    const { stdout } = await runInProcess('draw', '8-8-8-8', '--input', '28x28x1', ...options, '--json');
    const head = [
      { type: 'globalAveragePooling' },
      { type: 'dense', units: 16, activation: 'relu' },
      { type: 'dropout', rate: 0.3 },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ] as const;
    const problem = { input, classes: 3, head, shortcut: 'where-channels-differ' } as const;
    const genome = parseGenome('8-8-8-8');
    expect(JSON.parse(stdout)).toEqual({ genome: '8-8-8-8', svg: drawArchitecture(genome, problem) });
  });

  it('shows the sizes that inspect prints', async () => {
    const network = [
      '16-32-max-32-32',
      '--input',
      '28x28x1',
      '--head',
      'gap,16',
      '--shortcut',
      'where-channels-differ',
    ];
    const { stdout: svg } = await runInProcess('draw', ...network);
    const { layers, parameters } = JSON.parse((await runInProcess('inspect', ...network, '--json')).stdout);
    const drawn = [
      ...svg.matchAll(/<g data-kind="\w+"><title>(.*?), output (\S+?)(?:, ([\d,]+) parameters)?<\/title>/g),
    ];
    expect(drawn.map(([, name, shape, count = '0']) => [name, shape, Number(count.replaceAll(',', ''))])).toEqual(
      layers.map((layer: { name: string; outputShape: number[]; parameters: number }) => [
        layer.name,
        layer.outputShape.join('×'),
        layer.parameters,
      ]),
    );
    expect(svg).toContain(`>${parameters.toLocaleString('en-US')} parameters, `);
  });

  it.each([
    [['128'], /^error: genome "128", token 1 /],
    [['max', '--input', '1x1x1'], /^error: genome "max": layer 1 \(max pool\) would leave no pixel of 1x1; /],
    [['8-8', '--input', '28'], /^error: --input: /],
    [['8-8', '--classes', '1'], /^error: --classes must be a whole number of at least 2, received 1\n$/],
    [['8-8', '--shortcut', 'never'], /^error: --shortcut must be /],
    [['8-8', '--head', 'pool'], /^error: --head must be flatten or gap, /],
    [
      ['8-8', '--out', 'network.gif'],
      /^error: the name of a drawing must end in \.svg or \.png, received network\.gif\n$/,
    ],
  ])('refuses %j in one line, with code 2', async (args, message) => {
    const { code, stdout, stderr } = await runInProcess('draw', '--input', '28x28x1', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('says which file cannot be written', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const { code, stderr } = await runInProcess(
      'draw',
      '8-8',
      '--input',
      '28x28x1',
      '--out',
      join(file, 'network.svg'),
    );
    expect(code).toBe(2);
    expect(stderr).toContain(join(file, 'network.svg'));
  });
});

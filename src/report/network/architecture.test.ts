import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { estimateCost, type NetworkInput } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import { planLayers } from '../../network/layers.ts';
import { drawArchitecture } from './architecture.ts';

const MNIST: NetworkInput = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const WITH_HEAD: NetworkInput = {
  input: { channels: 3, height: 32, width: 33 },
  classes: 100,
  shortcut: 'where-channels-differ',
  head: [
    { type: 'globalAveragePooling' },
    { type: 'dense', units: 64, activation: 'relu' },
    { type: 'dense', units: 32, activation: 'linear' },
    { type: 'dropout', rate: 0.3 },
    { type: 'dense', units: 'classes' },
  ],
};
const CASES: readonly (readonly [string, NetworkInput])[] = [
  ['', MNIST],
  ['16-32-max-64-32', MNIST],
  ['8-8-max-8-8-mean-8-8-max-16-16-max-512-512', MNIST],
  ['64-64-max-128-128-max-128-128', WITH_HEAD],
];

describe('drawArchitecture', () => {
  it.each(CASES)('has a block a layer with the cost model’s shapes and parameters: %j', (text, problem) => {
    const genome = parseGenome(text);
    const blocks = blocksOf(drawArchitecture(genome, problem));
    const kinds = planLayers(genome, problem).map(({ kind }) => kind);
    expect(blocks.map(({ kind }) => kind)).toEqual(['image', ...kinds, 'classes']);
    const costs = estimateCost(genome, problem).layers;
    const drawn = blocks.filter(({ kind }) => !['image', 'flatten', 'classes'].includes(kind));
    expect(drawn.map(({ texts }) => texts.slice(-1 - Number(texts.at(-1)?.endsWith(' params'))))).toEqual(
      costs.map(({ outputShape, parameters }) => [
        outputShape.join('×'),
        ...(parameters === 0 ? [] : [`${parameters.toLocaleString('en-US')} params`]),
      ]),
    );
  });

  it('draws the parts of a skip layer, its shortcut, and a convolution on it only where there is one', () => {
    const parts = ['conv 3×3, 64', 'batch norm, ReLU', 'conv 3×3, 128', 'batch norm'];
    const end = ['ReLU', '128×32×33'];
    const [first, second] = blocksOf(drawArchitecture(parseGenome('64-128-64-128'), WITH_HEAD)).slice(1);
    // 9·3·64 + 64 + 9·64·128 + 128 + 2·64 + 2·128, and 3·128 + 128 for the shortcut.
    expect(first?.texts).toEqual([...parts, 'conv 1×1', '128', ...end, '76,544 params']);
    // 9·128·64 + 64 + 9·64·128 + 128 + 2·64 + 2·128; its shortcut adds nothing.
    expect(second?.texts).toEqual([...parts, ...end, '148,032 params']);
    for (const block of [first, second]) expect(block?.svg.match(/q0 8 8 8H/g)).toHaveLength(1);
  });

  it('draws a stage with its pooling between the convolutions', () => {
    const [block] = blocksOf(drawArchitecture(parseGenome('64mean128'), WITH_HEAD)).slice(1);
    // 9·3·64 + 64 + 9·64·128 + 128 + 2·64 + 2·128
    const strip = 'batch norm, ReLU';
    const parts = ['conv 3×3, 64', 'mean pool 2×2', strip, 'conv 3×3, 128', strip];
    expect(block?.texts).toEqual([...parts, '128×16×16', '76,032 params']);
  });

  it('says of dense layers which activation follows', () => {
    const dense = blocksOf(drawArchitecture([], WITH_HEAD)).filter(({ kind }) => kind === 'dense');
    expect(dense.map(({ texts }) => texts.slice(0, -2))).toEqual([
      ['dense 64', 'ReLU'],
      ['dense 32'],
      ['dense 100', 'softmax'],
    ]);
  });

  it('makes bars narrower where feature maps are smaller, and taller where there are more channels', () => {
    const svg = drawArchitecture(parseGenome('8-64-max-64-64'), MNIST);
    const bars = [...svg.matchAll(/drawing-convolution" x="\S+" y="\S+" width="(\S+)" height="(\S+)"/g)];
    const sizes = bars.map(([, width, height]) => [Number(width), Number(height)] as const);
    const [narrow = [0, 0], wide = [0, 0], , pooled = [0, 0]] = sizes;
    expect(wide[0]).toBe(narrow[0]);
    expect(wide[1]).toBeGreaterThan(narrow[1]);
    expect(pooled[0]).toBeLessThan(wide[0]);
    expect(pooled[1]).toBe(wide[1]);
  });

  it.each(CASES)('is well-formed and has a name and a description: %j', (text, problem) => {
    const hostile = ['<script>&"\u0007\ud800', ']]>', 'ordinary'];
    const { title, description, texts } = parseXml(
      drawArchitecture(parseGenome(text), problem, { classNames: hostile }),
    );
    expect(title).toBe(`Architecture of ${text === '' ? 'the network without layers' : text}`);
    expect(description).toMatch(/^image, .*In total [\d,]+ parameters, .* per image\.$/);
    expect(texts).toContain('<script>&"??, ]]>, ordinary');
  });

  it('names the first of many classes, and says how many more there are', () => {
    const classNames = Array.from({ length: 100 }, (_, i) => `number ${i}`);
    const { texts } = parseXml(drawArchitecture([], { ...MNIST, classes: 100 }, { classNames }));
    expect(texts.slice(-5, -2)).toEqual([
      'number 0, number 1, number 2, number 3,',
      'number 4, number 5, number 6, number 7,',
      'number 8, number 9, number 10, … 89 more',
    ]);
  });

  it('shortens a long class name', () => {
    const classNames = ['Asplenium scolopendrium var. americanum', 'fern'];
    const { texts } = parseXml(drawArchitecture([], { ...MNIST, classes: 2 }, { classNames }));
    expect(texts.slice(-3, -2)).toEqual(['Asplenium scolopendrium…, fern']);
  });

  it('refuses a genome that leaves no pixel', () => {
    const small = { ...MNIST, input: { channels: 1, height: 2, width: 2 } };
    expect(() => drawArchitecture(parseGenome('max-max'), small)).toThrow(
      'genome "max-max": layer 2 (max pool) would leave no pixel of 1x1; remove a pooling layer or use larger images',
    );
  });
});

interface BlockOfDrawing {
  readonly kind: string;
  readonly svg: string;
  readonly texts: readonly string[];
}

function blocksOf(svg: string): BlockOfDrawing[] {
  return [...svg.matchAll(/<g data-kind="(\w+)">(.*?)<\/g>/g)].map(([block, kind = '']) => ({
    kind,
    svg: block,
    texts: [...block.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, content = '']) => content),
  }));
}

/** By a parser that is not ours: Python's. */
function parseXml(svg: string): { title: string; description: string; texts: readonly string[] } {
  const program = `
import json, sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
name = lambda kind: '{http://www.w3.org/2000/svg}' + kind
assert root.tag == name('svg') and root.get('role') == 'img'
texts = [each.text for each in root.iter(name('text'))]
print(json.dumps({'title': root.find(name('title')).text, 'description': root.find(name('desc')).text, 'texts': texts}))`;
  return JSON.parse(execFileSync('python3', ['-c', program], { input: svg, encoding: 'utf8' }));
}

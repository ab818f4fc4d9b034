import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataFormatError } from '../../errors.ts';
import { parseGenome } from '../../genome/text.ts';
import { compileDeployable } from '../deployable-graph.ts';
import type { OnnxGraph } from '../lowering/onnx-graph.ts';
import { createNetwork } from '../training-graph.ts';
import { encodeOnnx } from './onnx-bytes.ts';
import { readModelMetadata, toMetadataProps } from './onnx-metadata.ts';

const METADATA = { classes: ['cat', 'dog'], genome: '1-2-max', version: '1.2.3' };

const network = createNetwork(
  parseGenome(METADATA.genome),
  { input: { channels: 1, height: 3, width: 4 }, classes: 2 },
  { mean: [10], std: [5] },
);
const graph: OnnxGraph = compileDeployable(network, {
  parameters: new Float32Array(network.layout.parameterCount).fill(0.5),
  statistics: new Float32Array(network.layout.statisticCount).fill(1),
});
const model = encodeOnnx(graph, { metadata: toMetadataProps(METADATA) });

const refusal = (bytes: Uint8Array): Error => {
  try {
    readModelMetadata(bytes, 'some/model.onnx');
  } catch (error) {
    expect(error).toBeInstanceOf(DataFormatError);
    expect((error as DataFormatError).details).toMatchObject({ path: 'some/model.onnx' });
    return error as Error;
  }
  throw new Error('the bytes were accepted');
};

describe('readModelMetadata', () => {
  it('reads back what was written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.string(), fc.string(), (classes, genome, version) => {
        const written = { classes, genome, version };
        const bytes = encodeOnnx(graph, { metadata: toMetadataProps(written) });
        expect(readModelMetadata(bytes, 'm')).toMatchObject(written);
      }),
      { seed: 1 },
    );
  });

  it('reads how images are prepared and what the genome leaves open', () => {
    const head = [{ type: 'globalAveragePooling' }, { type: 'dense', units: 'classes' }] as const;
    const { problem, normalisation } = network;
    const other = createNetwork(network.genome, { ...problem, head, shortcut: 'where-channels-differ' }, normalisation);
    const preparation = { height: 3, width: 4, colour: 'grey', resize: 'contain-lanczos3-on-black' };
    expect(readModelMetadata(encodeOnnx(graph, { metadata: toMetadataProps(METADATA, other) }), 'm')).toEqual({
      ...METADATA,
      input: { channels: 1, height: 3, width: 4 },
      preparation,
      structure: { head, shortcut: 'where-channels-differ', normalisation },
    });
    // Before it was written, images were prepared in the same way.
    expect(readModelMetadata(model, 'm').preparation).toEqual(preparation);
    expect(readModelMetadata(model, 'm')).not.toHaveProperty('structure');
  });

  it('reads the preparation that the training images decided', () => {
    const decided = { ground: 'white', pixelRange: { low: 0, high: 4095 } } as const;
    for (const part of [decided, { ground: 'white' } as const, { pixelRange: decided.pixelRange }]) {
      const props = toMetadataProps(METADATA, network, 1, part);
      const { preparation } = readModelMetadata(encodeOnnx(graph, { metadata: props }), 'm');
      expect(preparation).toMatchObject(part);
      expect(Object.keys(preparation)).toHaveLength(4 + Object.keys(part).length);
      expect(preparation.resize).toBe('ground' in part ? 'contain-lanczos3-on-white' : 'contain-lanczos3-on-black');
    }
    const { preparation = '' } = toMetadataProps(METADATA, network, 1, decided);
    for (const changed of [
      preparation.replace('"ground":"white"', '"ground":"red"'),
      preparation.replace('on-white', 'on-black'),
      preparation.replace('4095', '0'),
      preparation.replace('4095', '"4095"'),
      preparation.replace('"low":0,', ''),
      preparation.replace('"low":0,', '"low":0,"gamma":2,'),
    ]) {
      const props = { ...toMetadataProps(METADATA, network), preparation: changed };
      expect(refusal(encodeOnnx(graph, { metadata: props })).message).toMatch(/prepares images in a way that/);
    }
  });

  it('refuses a preparation of images that it does not know, and a damaged structure', () => {
    const props = toMetadataProps(METADATA, network);
    for (const preparation of [
      '{"resize":"crop"}',
      'null',
      '7',
      '{',
      props.preparation?.replace('grey', 'rgb') ?? '',
    ]) {
      expect(refusal(encodeOnnx(graph, { metadata: { ...props, preparation } })).message).toMatch(
        /^some\/model\.onnx \(auto-cnn 1\.2\.3, images of 3x4x1\) prepares images in a way .* use the version that wrote it$/,
      );
    }
    const damaged = ['{', 'null', '[]', '{"head":[]}', '"x"'];
    const { structure = '' } = props;
    damaged.push(structure.replace('[10]', '[10,20]'), structure.replace('always', 'never'));
    damaged.push(structure.replace('"flatten"', '"flat"'), structure.replace(/"head":\[.*?\]/, '"head":[null]'));
    for (const text of damaged) {
      expect(refusal(encodeOnnx(graph, { metadata: { ...props, structure: text } })).message).toMatch(
        /^some\/model\.onnx has damaged metadata: structure is .*; restore it, or train again$/,
      );
    }
  });

  it('reads from a view into a larger buffer', () => {
    const around = Buffer.concat([Buffer.alloc(7, 0xff), model, Buffer.alloc(5, 0xff)]);
    expect(readModelMetadata(around.subarray(7, 7 + model.length), 'm')).toMatchObject(METADATA);
  });

  it('calls an ONNX file of somebody else one', () => {
    for (const metadata of [{}, { classes: '["a"]', genome: '' }, { ...toMetadataProps(METADATA), classes: '[1]' }]) {
      expect(refusal(encodeOnnx(graph, { metadata })).message).toMatch(
        /^some\/model\.onnx is an ONNX file, but auto-cnn did not write it: .*; give the model\.onnx of a run$/,
      );
    }
  });

  it('refuses a model that is cut off anywhere', () => {
    for (let length = 0; length < model.length; length++) refusal(model.subarray(0, length));
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello, I am a text file\n'],
    ['JSON', '{"genome":"128-64"}'],
    ['PNG', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'],
    ['nested groups', '\x0b'.repeat(10_000)],
  ])('says that %s is not an ONNX file', (_, text) => {
    expect(refusal(Buffer.from(text, 'latin1')).message).toMatch(/^some\/model\.onnx is not an ONNX file/);
  });

  it('refuses garbage, and never fails otherwise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        refusal(bytes);
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  it('reads or refuses a model with flipped bytes, and never fails otherwise', () => {
    const flips = fc.array(fc.tuple(fc.nat(model.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(flips, (changes) => {
        const damaged = model.slice();
        for (const [index, value] of changes) damaged[index] = value;
        try {
          readModelMetadata(damaged, 'm');
        } catch (error) {
          expect(error).toBeInstanceOf(DataFormatError);
        }
      }),
      { numRuns: 500, seed: 3 },
    );
  });
});

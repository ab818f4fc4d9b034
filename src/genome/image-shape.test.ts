import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../errors.ts';
import { formatImageShape, parseImageShape } from './image-shape.ts';

describe('parseImageShape', () => {
  it('reads height, width and channels', () => {
    expect(parseImageShape('28x30x3')).toEqual({ height: 28, width: 30, channels: 3 });
    expect(parseImageShape(' 28X28×1 ')).toEqual({ height: 28, width: 28, channels: 1 });
  });

  it('takes two numbers for a grey image', () => {
    expect(parseImageShape('28x28')).toEqual({ height: 28, width: 28, channels: 1 });
  });

  it('reads back what formatImageShape writes', () => {
    const size = fc.integer({ min: 1, max: 65_536 });
    fc.assert(
      fc.property(fc.record({ channels: size, height: size, width: size }), (shape) => {
        expect(parseImageShape(formatImageShape(shape))).toEqual(shape);
      }),
    );
  });

  it('shows the form and what was received', () => {
    expect(() => parseImageShape('28,28')).toThrow(
      invalidInput('an image shape is HEIGHTxWIDTHxCHANNELS, such as 28x28x1 or 32x32x3, received "28,28"'),
    );
  });

  it('names the side that is out of range', () => {
    expect(() => parseImageShape('28x0x1')).toThrow('image width must be an integer from 1 to 65,536, received 0');
    expect(() => parseImageShape('99999x1x1')).toThrow('image height must be');
  });

  it('answers any text with a shape or an InvalidInputError', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseImageShape(text);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
    );
  });
});

function invalidInput(message: string): unknown {
  return expect.objectContaining({ code: 'INVALID_INPUT', message });
}

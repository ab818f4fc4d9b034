import { describe, expect, it } from 'vitest';
import { AutoCnnError, DataFormatError, EngineError, InvalidInputError, ShapeError } from '../../errors.ts';
import { fromWireError, toWireError } from './protocol.ts';

const overTheWire = (error: unknown) => fromWireError(structuredClone(toWireError(error)));

describe('the protocol between pool and child', () => {
  it.each([
    new InvalidInputError('cannot read x', { details: { path: 'x' } }),
    new DataFormatError('x is damaged', { details: { path: 'x', offset: 7 } }),
    new EngineError('no runtime'),
    new ShapeError('conv2d takes 3 inputs'),
  ])('carries $name with code, message and details', (error) => {
    const arrived = overTheWire(error);
    expect(arrived).toBeInstanceOf(AutoCnnError);
    expect(arrived).toMatchObject({ code: error.code, message: error.message, details: error.details });
  });

  it('carries the class of the errors that a user mends', () => {
    expect(overTheWire(new InvalidInputError('x'))).toBeInstanceOf(InvalidInputError);
    expect(overTheWire(new DataFormatError('x'))).toBeInstanceOf(DataFormatError);
    expect(overTheWire(new EngineError('x'))).toBeInstanceOf(EngineError);
  });

  it('carries the message of any other error, and of what is none', () => {
    expect(overTheWire(new TypeError('x is not a function'))).toEqual(new Error('x is not a function'));
    expect(overTheWire('text')).toEqual(new Error('text'));
  });
});

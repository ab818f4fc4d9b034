// Element types and shapes of tensors. Shapes are static except for the batch dimension, written 'N'.

import { ShapeError } from '../../errors.ts';

export type DType = 'float32' | 'uint8' | 'int32' | 'int64' | 'bool';
export type Dimension = number | 'N';
export type Shape = readonly Dimension[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export const tensor = (dtype: DType, ...shape: Dimension[]): TensorType => ({ dtype, shape });
export const float32 = (...shape: Dimension[]): TensorType => tensor('float32', ...shape);

export function formatType(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(', ')}]`;
}

export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i]);
}

/**
 * Number of elements of a static shape.
 *
 * @throws {ShapeError} if the shape contains the batch dimension.
 */
export function elementCount(shape: Shape): number {
  return shape.reduce<number>((product, size) => product * staticSize(size), 1);
}

export function staticSize(size: Dimension | undefined): number {
  if (typeof size !== 'number') throw new ShapeError(`a static size is needed here, received ${size ?? 'nothing'}`);
  return size;
}

import { createHash } from 'node:crypto';

/**
 * Hashes of each part, by name. Lists of numbers are hashed by their bits in double precision, text and bytes as they are.
 */
export function hashesOf(parts) {
  return Object.fromEntries(
    Object.entries(parts).map(([name, value]) => [name, hashOf(typeof value === 'string' ? value : bitsOf(value))]),
  );
}

/** JSON with the keys of each object in alphabetical order, independent of their original order. */
export function sortedJson(value) {
  const isObject = (inner) => typeof inner === 'object' && inner !== null && !Array.isArray(inner);
  return JSON.stringify(value, (_, inner) =>
    isObject(inner)
      ? Object.fromEntries(
          Object.keys(inner)
            .toSorted()
            .map((key) => [key, inner[key]]),
        )
      : inner,
  );
}

function hashOf(content) {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

function bitsOf(numbers) {
  return new Uint8Array(Float64Array.from(numbers).buffer);
}

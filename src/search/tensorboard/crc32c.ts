// The checksum of TFRecord files: CRC-32C (Castagnoli), and TensorFlow's mask for it.

/** 0x1edc6f41 with its bits reversed. */
const POLYNOMIAL = 0x82f63b78;
/** TensorFlow, tsl/lib/hash/crc32c.h: kMaskDelta. */
const MASK_DELTA = 0xa282ead8;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  return crc;
});

/** @see RFC 3720, section 12.1, with examples in appendix B.4 */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

/** A checksum that can itself be part of checksummed data: rotated right by 15 bits, plus a constant. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

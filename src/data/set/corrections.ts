// What a user has decided about single images: other labels, and images to leave out.

/** A decision about an image, and about its copies. */
export interface Correction {
  /** SHA-256 of the image's bytes as hexadecimal digits, or its file relative to the source. */
  readonly image: string;
  /** Name of its class; undefined if the image is dropped. */
  readonly label: string | undefined;
  /** Counted from 1 in the file, for messages. */
  readonly row: number;
}

export interface Corrections {
  /** The file, for messages. */
  readonly path: string;
  readonly rows: readonly Correction[];
}

/** Digits of a SHA-256. */
export const isDigest = (image: string): boolean => /^[0-9a-f]{64}$/i.test(image);

// Which files are images, by the endings of their names.

/** Endings of what is read. */
export const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set([
  '.png',
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.webp',
  '.gif',
  '.tif',
  '.tiff',
  '.avif',
]);

/** Endings of images that are not read: what they are, and the command that converts them. */
export const UNREADABLE_IMAGES: Readonly<Record<string, { readonly name: string; readonly cure: string }>> = {
  '.heic': { name: 'HEIC', cure: 'magick mogrify -format jpg *.heic' },
};

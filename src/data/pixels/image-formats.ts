// Which images are read, told by name and by content, and how to convert those that are not.

/** The formats that are read. The last two by decoders of our own. */
export type ImageFormat = 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff' | 'avif' | 'bmp' | 'netpbm';

/** The endings of the names of images that are read, in lower case. The content decides how. */
export const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set([
  ...['.png', '.jpg', '.jpeg', '.jpe', '.jfif', '.webp', '.gif', '.tif', '.tiff', '.avif'],
  ...['.bmp', '.dib', '.ppm', '.pgm', '.pbm', '.pnm'],
]);

/** The formats that are read, for messages. */
export const IMAGE_FORMAT_LIST = 'PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP, PPM';

export interface UnreadableImage {
  /** As in `24 HEIC images`. */
  readonly name: string;
  /** A command that converts them to a format that is read. */
  readonly cure: string;
}

const magick = (name: string, ...endings: readonly string[]): readonly (readonly [string, UnreadableImage])[] =>
  endings.map((ending) => [ending, { name, cure: `magick mogrify -format png *${ending}` }]);

const HEIC: UnreadableImage = { name: 'HEIC', cure: 'heif-convert IN.heic OUT.png' };
const DICOM: UnreadableImage = { name: 'DICOM', cure: 'dcmj2pnm --write-16-bit-png IN.dcm OUT.png' };
const JPEG_XL: UnreadableImage = { name: 'JPEG XL', cure: 'djxl IN.jxl OUT.png' };
const SVG: UnreadableImage = { name: 'SVG', cure: 'rsvg-convert IN.svg -o OUT.png' };

/** Images that are not read, by the ending of their names in lower case. */
export const UNREADABLE_IMAGES: Readonly<Record<string, UnreadableImage>> = Object.fromEntries([
  ['.heic', HEIC],
  ['.heif', HEIC],
  ['.hif', HEIC],
  ['.dcm', DICOM],
  ['.dicom', DICOM],
  ['.jxl', JPEG_XL],
  ['.svg', SVG],
  ...magick('JPEG 2000', '.jp2', '.j2k', '.jpf', '.jpx'),
  ...magick('Photoshop', '.psd'),
  ...magick('icon', '.ico'),
  ...magick('Targa', '.tga'),
  ...magick('OpenEXR', '.exr'),
  ...magick('camera raw', '.dng', '.cr2', '.cr3', '.nef', '.arw', '.raf', '.orf', '.rw2'),
]);

/**
 * The format, told by the first bytes.
 *
 * @throws {Error} if it is not read.
 */
export function formatOf(bytes: Uint8Array): ImageFormat {
  if (bytes.length === 0) throw new Error('the file is empty');
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(HEAD, bytes.length)).toString('latin1');
  const format = FORMATS.find(([, isIt]) => isIt(start))?.[0];
  if (format !== undefined) return format;
  const other = OTHERS.find(([, isIt]) => isIt(start))?.[0];
  const image = other === undefined ? undefined : UNREADABLE_IMAGES[other];
  if (image === undefined) throw new Error(`its content is not an image that is read (${IMAGE_FORMAT_LIST})`);
  throw new Error(`its content is ${image.name}, which is not read; this converts it: ${image.cure}`);
}

/** Bytes that tell a format: DICOM's mark lies at 128, and the list of brands in HEIC and AVIF may be long. */
const HEAD = 160;

type Test = (start: string) => boolean;

/** Whether one of the texts lies at a place. */
const has =
  (at: number, ...texts: readonly string[]): Test =>
  (start) =>
    texts.some((text) => start.startsWith(text, at));

const all =
  (...tests: readonly Test[]): Test =>
  (start) =>
    tests.every((isIt) => isIt(start));

/** Cameras of Canon write TIFF with a mark of their own. */
const isCanonRaw = all(has(0, 'II*\0'), has(8, 'CR'));
/** The brand that a file says it is, or, where that is a family of formats, one of those it is compatible with. */
const isAvif: Test = (start) =>
  has(4, 'ftypavi')(start) || (has(4, 'ftypmi', 'ftypms')(start) && start.slice(16, 96).includes('avif'));

const FORMATS: readonly (readonly [ImageFormat, Test])[] = [
  ['png', (start) => has(0, '\x89PNG')(start) && start.length >= 24],
  ['jpeg', has(0, '\xff\xd8\xff')],
  ['webp', all(has(0, 'RIFF'), has(8, 'WEBP'))],
  ['gif', has(0, 'GIF87a', 'GIF89a')],
  ['tiff', (start) => has(0, 'II*\0', 'II+\0', 'MM\0*', 'MM\0+')(start) && !isCanonRaw(start)],
  ['avif', isAvif],
  ['bmp', all(has(0, 'BM'), has(15, '\0\0\0'))],
  ['netpbm', (start) => /^P[1-6][\s#]/.test(start)],
];

/** The endings of the names that files of this content should have. */
const OTHERS: readonly (readonly [string, Test])[] = [
  ['.heic', has(4, 'ftyphe', 'ftypmif1', 'ftypmsf1')],
  ['.cr3', has(4, 'ftypcrx')],
  ['.dcm', has(128, 'DICM')],
  ['.jxl', has(0, '\xff\x0a', '\0\0\0\x0cJXL ')],
  ['.jp2', has(0, '\0\0\0\x0cjP  ', '\xff\x4f\xff\x51')],
  ['.psd', has(0, '8BPS')],
  ['.ico', has(0, '\0\0\x01\0')],
  ['.cr2', isCanonRaw],
  ['.exr', has(0, 'v/1\x01')],
  ['.svg', (start) => /^\s*<(?:\?xml|svg)/.test(start)],
];

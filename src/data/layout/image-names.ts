import { extname } from 'node:path';
import { IMAGE_EXTENSIONS } from '../pixels/image-formats.ts';

/** By its ending, in any case. */
export const isImageName = (file: string): boolean => IMAGE_EXTENSIONS.has(extname(file).toLowerCase());

// Archives that are not read: the message says what unpacks them.

import { InvalidInputError } from '../../errors.ts';

/** How a file of each ending is unpacked; the first that fits counts. */
const COMMANDS: readonly (readonly [ending: RegExp, command: string])[] = [
  [/\.(zip|7z)\.\d{3}$|\.z\d\d$|\.part\d+\.rar$/i, '7z x'],
  [/\.(tar\.xz|txz)$/i, 'tar -xJf'],
  [/\.(tar\.bz2|tbz2?)$/i, 'tar -xjf'],
  [/\.(tar\.zst|tzst)$/i, 'tar --zstd -xf'],
  [/\.(tar\.(lz4|lz|lzma|Z))$/i, 'tar -xaf'],
  [/\.(7z|rar|iso|dmg|cab|arj|lzh)$/i, '7z x'],
  [/\.xz$/i, 'xz -dk'],
  [/\.bz2$/i, 'bzip2 -dk'],
  [/\.zst$/i, 'zstd -dk'],
  [/\.lz4$/i, 'lz4 -dk'],
];

/**
 * The error for an archive or a compressed file that is not read, by the ending of its name.
 *
 * @returns undefined for any other file.
 */
export function refuseArchive(path: string): InvalidInputError | undefined {
  const [found] = COMMANDS.flatMap(([ending, command]) => {
    const match = ending.exec(path);
    return match === null ? [] : [{ ending: match[0], command }];
  });
  if (found === undefined) return undefined;
  return new InvalidInputError(
    `Cannot use ${path} as a data set: ${found.ending} files are not read. Unpack it (${found.command} ${quoted(path)}) and give what comes out.`,
    { details: { path } },
  );
}

/** As a shell takes it. */
const quoted = (path: string): string => (/^[\w./\\:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

// Files of a data set in a folder or an archive, as programs on different systems make them.

import { gzipSync } from 'node:zlib';
import { encodeTarGz } from '../cifar-fixtures.ts';
import { bytesOf, type Files } from './data-case.ts';

export const CONTAINERS = [
  'folder',
  'zip',
  'zip without a flag',
  'zip with back-slashes',
  'zip in code page 437',
  'tar.gz',
  'folder of zips',
  'zip of zips',
] as const;
export type Container = (typeof CONTAINERS)[number];

/** @returns what is written into a folder, and what of it is loaded; an empty name for all of it. */
export async function pack(files: Files, container: Container): Promise<{ files: Files; source: string }> {
  const bytes = Object.fromEntries(
    await Promise.all(Object.entries(files).map(async ([name, content]) => [name, await bytesOf(content)] as const)),
  );
  switch (container) {
    case 'folder':
      return { files: bytes, source: '' };
    case 'tar.gz': {
      const entries = Object.entries(bytes).map(([name, content]) => ({ name, content }));
      return { files: { 'a.tar.gz': encodeTarGz(entries) }, source: 'a.tar.gz' };
    }
    case 'folder of zips':
      return { files: zipFolders(bytes), source: '' };
    case 'zip of zips':
      return { files: { 'a.zip': encodeZip(zipFolders(bytes), UTF_8) }, source: 'a.zip' };
    default:
      return { files: { 'a.zip': encodeZip(bytes, NAMES[container]) }, source: 'a.zip' };
  }
}

type Bytes = Readonly<Record<string, Uint8Array>>;

/** How names are written, and bit 11 of the flags, which says that they are UTF-8. */
interface NameForm {
  readonly encode: (name: string) => Uint8Array;
  readonly isFlagged: boolean;
}

const UTF_8: NameForm = { encode: Buffer.from, isFlagged: true };
const NAMES: Readonly<Record<Exclude<Container, 'folder' | 'tar.gz' | 'folder of zips' | 'zip of zips'>, NameForm>> = {
  zip: UTF_8,
  'zip without a flag': { ...UTF_8, isFlagged: false },
  'zip with back-slashes': { ...UTF_8, encode: (name) => Buffer.from(name.replaceAll('/', '\\')) },
  'zip in code page 437': { encode: encodeCp437, isFlagged: false },
};

/** Those beyond ASCII that the tests use. */
const CP437: Readonly<Record<string, number>> = { é: 0x82, ä: 0x84, ö: 0x94, Ö: 0x99, ü: 0x81, ñ: 0xa4 };

function encodeCp437(name: string): Uint8Array {
  return Uint8Array.from(name.normalize('NFC'), (sign) => {
    const code = CP437[sign] ?? sign.charCodeAt(0);
    if (CP437[sign] === undefined && code > 0x7e) throw new Error(`add ${sign} to the table`);
    return code;
  });
}

/** Each folder, other than those of systems, becomes an archive beside what lies outside of them. */
function zipFolders(files: Bytes): Bytes {
  const folders = new Set(
    Object.keys(files).flatMap((name) => (/^[^._@].*\//.test(name) ? name.slice(0, name.indexOf('/')) : [])),
  );
  const outside = Object.entries(files).filter(([name]) => !folders.has(name.slice(0, Math.max(0, name.indexOf('/')))));
  const zips = [...folders].map((folder) => {
    const inner = Object.entries(files).flatMap(([name, content]) =>
      name.startsWith(`${folder}/`) ? [[name.slice(folder.length + 1), content] as const] : [],
    );
    return [`${folder}.zip`, encodeZip(Object.fromEntries(inner), UTF_8)] as const;
  });
  return Object.fromEntries([...outside, ...zips]);
}

/** Without compression. */
function encodeZip(files: Bytes, { encode, isFlagged }: NameForm): Uint8Array {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(files)) {
    const name = encode(path);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(isFlagged ? 1 << 11 : 0, 2);
    // gzip ends with the same sum.
    fields.writeUInt32LE(gzipSync(content).readUInt32LE(gzipSync(content).length - 8), 10);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name, content]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), fields, rest, name]));
    locals.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, ...directory, Buffer.from('PK\x05\x06'), end]);
}

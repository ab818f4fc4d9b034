import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../errors.ts';
import { refuseArchive } from './foreign-archives.ts';

describe('refuseArchive', () => {
  it.each([
    ['/data/a.tar.xz', '.tar.xz', 'tar -xJf /data/a.tar.xz'],
    ['/data/a.TXZ', '.TXZ', 'tar -xJf /data/a.TXZ'],
    ['/data/a.tar.bz2', '.tar.bz2', 'tar -xjf /data/a.tar.bz2'],
    ['/data/a.tar.zst', '.tar.zst', 'tar --zstd -xf /data/a.tar.zst'],
    ['/data/a.7z', '.7z', '7z x /data/a.7z'],
    ['/data/a.rar', '.rar', '7z x /data/a.rar'],
    ['/data/a.part1.rar', '.part1.rar', '7z x /data/a.part1.rar'],
    ['/data/a.zip.001', '.zip.001', '7z x /data/a.zip.001'],
    ['/data/train.csv.xz', '.xz', 'xz -dk /data/train.csv.xz'],
    ["/my data/it's.7z", '.7z', "7z x '/my data/it'\\''s.7z'"],
  ])('refuses %s with the command that unpacks it', (path, ending, command) => {
    const error = refuseArchive(path);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error?.message).toBe(
      `Cannot use ${path} as a data set: ${ending} files are not read. Unpack it (${command}) and give what comes out.`,
    );
  });

  it.each(['a.zip', 'a.tar', 'a.tar.gz', 'a.tgz', 'a.csv.gz', 'a.npz', 'rar', '7z'])(
    'has nothing to say about %s',
    (path) => {
      expect(refuseArchive(path)).toBeUndefined();
    },
  );
});

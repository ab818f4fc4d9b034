import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../../test/support/layout-of.ts';
import { numbered } from '../../../test/support/memory-tree.ts';

const images = (folder: string): string[] => numbered(2, (i) => `${folder}/${i}.png`);

describe('images that are not read', () => {
  it('name a class whose images are all unreadable once, and why each file is left out', async () => {
    const parts = ['train', 'test'].flatMap((part) => [
      ...['a', 'b'].flatMap((name) => images(`${part}/${name}`)),
      `${part}/c/1.heic`,
    ]);
    const { notes, roles } = await layoutOf(parts);
    expect(notes).toContain('Classes without a training image were left out: c.');
    expect(roles).toContainEqual({ file: 'train/c/1.heic', rule: 'HEIC is not read' });
  });

  it.each([
    [['cat/1.png', 'cat/2.png', 'dog/1.heic', 'dog/2.heic']],
    [['train/cat/1.png', 'train/dog/1.heic', 'train/dog/2.heic', 'test/cat/1.png']],
    [['train/cat/1.png', 'train/cow/1.png', 'train/dog/1.heic', 'train/dog/2.heic', 'test/dog/1.png']],
  ])('say that a class is missing because its images are not read: %j', async (files) => {
    await expect(layoutOf(files)).rejects.toThrow(
      'convert the 2 .heic (HEIC), which are not read, with heif-convert IN.heic OUT.png, or add ',
    );
  });
});

// Benchmarks and scripts are run rarely, and what they import from the package changes.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const files = ['bench', 'scripts'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true })
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => join(folder, file)),
);

describe('what a benchmark or script imports from the build', () => {
  it.each(files)('exists: %s', (file) => {
    const source = readFileSync(join(ROOT, file), 'utf8');
    for (const [, names = '', path = ''] of source.matchAll(/^import \{([^}]*)\} from '(\.[^']*\/dist\/[^']*)'/gm)) {
      const built = readFileSync(join(ROOT, dirname(file), path), 'utf8');
      for (const name of names.split(',').map((each) => each.trim().split(' as ')[0] ?? '')) {
        const exported = new RegExp(
          `^export (?:(?:async )?(?:function\\*?|class|const|let) ${name}|\\{[^}]*\\b${name})\\b`,
          'm',
        );
        expect(name === '' || exported.test(built), `${path} exports ${name}`).toBe(true);
      }
    }
  });
});

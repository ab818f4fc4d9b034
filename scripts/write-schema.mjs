// Writes schema/search-config.json from the built package. Run after a change of the configuration: npm run schema

import { writeFileSync } from 'node:fs';
import { configJsonSchema } from '../dist/search/config/config.js';

writeFileSync(
  new URL('../schema/search-config.json', import.meta.url),
  `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
);

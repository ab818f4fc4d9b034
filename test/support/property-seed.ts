// Set up for every test file: tests of properties try the same examples every time, so that a change is judged by what it
// changes. AUTO_CNN_TEST_SEED=N looks elsewhere.

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.AUTO_CNN_TEST_SEED ?? 1) });

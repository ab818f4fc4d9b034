// How often a test that goes on at random does so: `npm test` is for every change, `npm run test:slow` for those who want to
// be sure. The slow tier runs the test files that import this one.

/** The count of the tier that runs now. */
export function countFor({ quick, slow }: { readonly quick: number; readonly slow: number }): number {
  return process.env.AUTO_CNN_TEST_TIER === 'slow' ? slow : quick;
}

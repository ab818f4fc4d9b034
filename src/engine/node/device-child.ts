// A child process that tries one device, and tells what it found.

import { type TrialOptions, tryDevice } from './try-device.ts';

// Ctrl-C reaches the whole process group; the parent alone decides what becomes of it.
process.on('SIGINT', () => {});
process.once('disconnect', () => process.exit(1));
const options = JSON.parse(process.argv[2] ?? '') as TrialOptions;
process.send?.(await tryDevice(options), () => process.exit(0));

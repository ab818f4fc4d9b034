// Loaded before the command line: its clock jumps at each SIGUSR2, by hours, forward and back.

const JUMPS_MS = [3_600_000, -7_200_000, 90_000, -30_000, 86_400_000];

const { now } = Date;
let offset = 0;
let jumps = 0;

globalThis.Date = class extends Date {
  static now() {
    return now() + offset;
  }

  constructor(...args) {
    super(...(args.length === 0 ? [now() + offset] : args));
  }
};

process.on('SIGUSR2', () => {
  offset += JUMPS_MS[jumps++ % JUMPS_MS.length];
});

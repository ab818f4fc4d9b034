export function withoutTimes(entry: object): object;

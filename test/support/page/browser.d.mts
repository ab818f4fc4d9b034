import type { Browser } from 'playwright-core';

export const chromiumPath: string | undefined;
export function launchBrowser(gpu?: 'none' | 'software' | 'hardware'): Promise<Browser>;

import type { Browser } from 'playwright-core';

export const chromiumPath: string | undefined;
type Gpu = 'none' | 'software' | 'hardware';
export function launchBrowser(gpu?: Gpu): Promise<Browser>;
export function launchKillableBrowser(gpu?: Gpu): Promise<{ readonly browser: Browser; kill(): Promise<void> }>;

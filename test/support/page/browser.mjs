// A headless Chromium that reaches for nothing but what a test serves.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

/** Path of an installed Chromium or Chrome; undefined if there is none ("apt-get install chromium" installs one). */
export const chromiumPath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** `none`: no WebGPU; `software`: that of SwiftShader, which is part of Chromium; `hardware`: the machine's. */
const GPU_ARGUMENTS = {
  none: ['--disable-gpu'],
  software: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  hardware: ['--enable-unsafe-webgpu', '--enable-features=Vulkan'],
};

export function launchBrowser(gpu = 'none') {
  return chromium.launch(optionsOf(gpu));
}

/** One whose processes `kill` ends at once. */
export async function launchKillableBrowser(gpu = 'none') {
  const server = await chromium.launchServer(optionsOf(gpu));
  return { browser: await chromium.connect(server.wsEndpoint()), kill: () => server.kill() };
}

function optionsOf(gpu) {
  return {
    executablePath: chromiumPath ?? '',
    args: [
      '--no-sandbox',
      ...GPU_ARGUMENTS[gpu],
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  };
}

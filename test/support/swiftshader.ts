// Vulkan in software, with which WebGPU runs where there is no graphics processor.

import { existsSync, readdirSync } from 'node:fs';

const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const LIBRARIES = '/usr/lib';

/** Makes the Vulkan of a process and its children SwiftShader; has an effect if set before the first use. */
export const SWIFTSHADER = { VK_DRIVER_FILES: DRIVER };

/** Added to the title of a suite that is skipped; undefined where SwiftShader is installed. */
export const noSwiftShader =
  existsSync(DRIVER) && hasVulkanLoader()
    ? undefined
    : ' (skipped: "apt-get install chromium libvulkan1" installs the software driver)';

function hasVulkanLoader(): boolean {
  return readdirSync(LIBRARIES).some((name) => existsSync(`${LIBRARIES}/${name}/libvulkan.so.1`));
}

// Storage that its owner alone may change, for as long as it is the owner.

import type { Storage } from '../storage.ts';

/** @param check  called before anything is changed; throws if another process owns it now. */
export function ownedStorage(storage: Storage, check: () => void): Storage {
  return {
    ...storage,
    async write(path, content) {
      check();
      await storage.write(path, content);
    },
    async remove(path) {
      check();
      await storage.remove(path);
    },
  };
}

import type { Clock, Random, Store, Surroundings } from "@sonde/sdk-core";

/** Keeps to one prefix of a browser storage; what the browser refuses to keep is kept for as long as the page lives. */
export function browserStore(open: () => Storage, prefix: string): Store {
  const memory = new Map<string, string>();
  const attempt = <T>(call: (storage: Storage) => T, otherwise: T): T => {
    try {
      return call(open());
    } catch {
      return otherwise;
    }
  };
  return {
    get: (key) => memory.get(key) ?? attempt((storage) => storage.getItem(prefix + key), null),
    set(key, value) {
      memory.delete(key);
      const kept = attempt((storage) => {
        storage.setItem(prefix + key, value);
        return true;
      }, false);
      if (!kept) memory.set(key, value);
    },
    remove(key) {
      memory.delete(key);
      attempt((storage) => storage.removeItem(prefix + key), undefined);
    },
    keys() {
      const stored = attempt((storage) => Object.keys(storage), []).filter((key) => key.startsWith(prefix));
      return [...new Set([...memory.keys(), ...stored.map((key) => key.slice(prefix.length))])];
    },
  };
}

export const browserClock: Clock = {
  now: () => Date.now(),
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};

export const browserRandom: Random = { uuid, fraction: () => Math.random() };

/** Version 4. Not `randomUUID`, which exists on secure origins only. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = "89ab"[(bytes[8] as number) & 3];
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})/, `$1-$2-4$3-${variant}$4-`);
}

export function browserSurroundings(locale?: string): Surroundings {
  return {
    // The survey should speak the language of the page, not that of the browser.
    locale: () => locale || document.documentElement.lang || navigator.language,
    // Without query and hash: they may hold secrets.
    url: () => location.origin + location.pathname,
    theme: () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"),
  };
}

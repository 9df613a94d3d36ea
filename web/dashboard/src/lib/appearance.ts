import { useSyncExternalStore } from "react";
import type { Appearance } from "../api/contract.ts";
import { recall, remember } from "./storage.ts";

const listeners = new Set<() => void>();

function read(): Appearance {
  const value = document.documentElement.dataset["appearance"];
  return value === "light" || value === "dark" ? value : "auto";
}

export function setAppearance(appearance: Appearance): void {
  if (appearance === "auto") delete document.documentElement.dataset["appearance"];
  else document.documentElement.dataset["appearance"] = appearance;
  remember("appearance", appearance === "auto" ? null : appearance);
  for (const listener of listeners) listener();
}

/** Before the first paint: what this browser's member chose last. */
export function restoreAppearance(): void {
  const kept = recall("appearance");
  if (kept === "light" || kept === "dark") document.documentElement.dataset["appearance"] = kept;
}

export function useAppearance(): Appearance {
  return useSyncExternalStore((listener) => (listeners.add(listener), () => listeners.delete(listener)), read);
}

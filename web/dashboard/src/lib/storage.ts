/** Local storage that may be full, forbidden or absent. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`sonde.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`sonde.${key}`);
    else localStorage.setItem(`sonde.${key}`, value);
  } catch {
    // Nothing is lost but a preference.
  }
}

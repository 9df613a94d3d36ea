/** Origins, one a line, as the server wants them; or what is wrong with the first that is none. */
export function parseOrigins(text: string): { value: string[] } | { error: string } {
  const lines = text.split(/[\s,]+/).filter(Boolean);
  const value: string[] = [];
  for (const line of lines) {
    const parsed = URL.canParse(line) ? new URL(line) : null;
    if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.pathname !== "/" || parsed.search || parsed.hash || parsed.username) {
      return { error: `“${line}” is not an origin. Write scheme and host, such as https://shop.example.` };
    }
    if (!value.includes(parsed.origin)) value.push(parsed.origin);
  }
  return value.length > 0 ? { value } : { error: "Name at least one origin, or allow every site." };
}

/** Language tags, parted by commas or spaces: shape checked, each once. */
export function parseLanguages(text: string): { value: string[] } | { error: string } {
  const value: string[] = [];
  for (const tag of text.split(/[\s,]+/).filter(Boolean)) {
    try {
      const canonical = Intl.getCanonicalLocales(tag)[0] as string;
      if (!value.includes(canonical)) value.push(canonical);
    } catch {
      return { error: `“${tag}” is not a language tag. Write en, de or pt-BR.` };
    }
  }
  return value.length > 0 ? { value } : { error: "Name at least one language." };
}

const IDS_MAX = 100;

/** User ids, one a line, each once. */
export function parseIds(text: string): { value: string[] } | { error: string } {
  const ids = [...new Set(text.split("\n").map((line) => line.trim()).filter(Boolean))];
  return ids.length > IDS_MAX ? { error: `At most ${IDS_MAX} users; these are ${ids.length}.` } : { value: ids };
}

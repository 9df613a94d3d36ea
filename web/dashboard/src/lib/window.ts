/** Which rows of equal height to draw, with some to spare on both sides. */
export function rowWindow(scrollTop: number, viewport: number, rowHeight: number, total: number, spare = 12): { from: number; to: number } {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const visible = Math.ceil(viewport / rowHeight);
  const from = Math.max(0, Math.min(first, total) - spare);
  return { from, to: Math.min(total, first + visible + spare) };
}

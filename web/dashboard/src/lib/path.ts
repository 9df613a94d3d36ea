/** The way back after the login: a path of this site, never another site's address. */
export function localPath(wanted: string | undefined): string {
  if (!wanted?.startsWith("/") || /^\/[/\\]/.test(wanted) || /[\u0000-\u001f]/.test(wanted)) return "/";
  return wanted.startsWith("/login") ? "/" : wanted;
}

export function BackendTriggerPage() {
  return null;
}

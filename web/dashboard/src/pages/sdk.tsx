export function SdkPage() {
  return null;
}

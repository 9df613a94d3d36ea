import { Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { cx } from "../lib/cx.ts";
import { Button } from "./button.tsx";
import { toastError } from "./toast.tsx";

/** Copies, and says that it did. */
export function CopyButton({ text, label = "Copy", size = "sm", onCopied }: { text: string; label?: string; size?: "sm" | "md"; onCopied?: () => void }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      onCopied?.();
    } catch {
      toastError(new Error("The browser did not allow copying. Select the text and copy it yourself."));
    }
  }
  return (
    <Button size={size} onClick={copy} icon={copied ? <Check size={14} aria-hidden className="text-good" /> : <Copy size={14} aria-hidden />}>
      <span aria-live="polite">{copied ? "Copied" : label}</span>
    </Button>
  );
}

/** A value to be copied as it is: a URL, a key. */
export function CopyValue({ label, value, onCopied }: { label: ReactNode; value: string; onCopied?: () => void }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-sm font-medium">{label}</span>
      <div className="flex items-center gap-2">
        <code className="min-w-0 flex-1 rounded-md border border-line bg-sunken px-2.5 py-1.5 font-mono text-sm wrap-anywhere select-all">{value}</code>
        <CopyButton text={value} {...(onCopied && { onCopied })} />
      </div>
    </div>
  );
}

/** Code to be copied. It scrolls sideways, by keyboard too. */
export function Code({ text, label, className }: { text: string; label: string; className?: string }) {
  return (
    <div className={cx("flex flex-col items-stretch overflow-hidden rounded-md border border-line bg-sunken sm:flex-row sm:items-start", className)}>
      <pre tabIndex={0} role="region" aria-label={label} className="min-w-0 flex-1 overflow-x-auto p-3 font-mono text-sm focus-inset"><code>{text}</code></pre>
      <div className="flex justify-end p-1.5"><CopyButton text={text} /></div>
    </div>
  );
}

import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { cx } from "../lib/cx.ts";

export type ButtonLook = "primary" | "secondary" | "quiet" | "danger";
type Size = "sm" | "md";

const LOOKS: Record<ButtonLook, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong border-transparent",
  secondary: "bg-surface text-ink border-line-strong/60 hover:bg-hover",
  quiet: "bg-transparent text-ink-2 border-transparent hover:bg-hover hover:text-ink",
  danger: "bg-surface text-bad border-bad/50 hover:bg-bad-soft",
};
const SIZES: Record<Size | "icon", string> = { sm: "h-7 px-2.5 text-sm", md: "h-9 px-3.5 text-base", icon: "size-8" };

/** The classes of a button, for links that look like one. */
export function buttonClass(look: ButtonLook = "secondary", size: Size | "icon" = "md"): string {
  return cx(
    "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none transition-colors",
    "disabled:opacity-55 disabled:cursor-not-allowed aria-disabled:opacity-55",
    LOOKS[look],
    SIZES[size],
  );
}

export type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: ButtonLook;
  size?: Size;
  icon?: ReactNode;
  /** Says "busy" and takes no second click. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
};

export function Button({ look, size, icon, busy, className, children, disabled, type = "button", ...rest }: ButtonProps) {
  return (
    <button type={type} className={cx(buttonClass(look, size), busy && "animate-pulse", className)} disabled={disabled || busy} aria-busy={busy || undefined} {...rest}>
      {icon}
      {children}
    </button>
  );
}

export type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label"> & { label: string; look?: ButtonLook; ref?: Ref<HTMLButtonElement> };

/** A button that shows only an icon; its name is read out and shown on hover. */
export function IconButton({ label, look = "quiet", className, children, type = "button", ...rest }: IconButtonProps) {
  return (
    <button type={type} aria-label={label} title={label} className={cx(buttonClass(look, "icon"), className)} {...rest}>
      {children}
    </button>
  );
}

import { X } from "lucide-react";
import { Dialog as RadixDialog, DropdownMenu, Popover as RadixPopover, Tooltip as RadixTooltip } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "../lib/cx.ts";
import { IconButton } from "./button.tsx";

const BACKDROP = "fixed inset-0 z-40 bg-black/40";

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  /** "panel" slides in at the side; on a phone both fill the width. */
  kind?: "dialog" | "panel";
  wide?: boolean;
};

export function Dialog({ open, onOpenChange, title, description, children, footer, kind = "dialog", wide }: DialogProps) {
  const shape =
    kind === "panel"
      ? "inset-y-0 right-0 w-full max-w-lg border-l"
      : cx("top-1/2 left-1/2 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 rounded-lg border", wide ? "max-w-3xl" : "max-w-md");
  return (
    <RadixDialog.Root open={open} onOpenChange={onOpenChange}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className={BACKDROP} />
        <RadixDialog.Content
          className={cx("fixed z-50 flex flex-col border-line bg-raised shadow-pop outline-none", shape)}
          onOpenAutoFocus={(event) => {
            if (kind !== "panel") return;
            event.preventDefault();
            (event.currentTarget as HTMLElement | null)?.focus();
          }}
          onInteractOutside={(event) => { if (isMessage(event.target as Element)) event.preventDefault(); }}
          {...(!description && { "aria-describedby": undefined })}
        >
          <div className="flex items-start gap-3 border-b border-line px-5 py-3">
            <div className="min-w-0 flex-1">
              <RadixDialog.Title className="text-lg font-semibold wrap-anywhere">{title}</RadixDialog.Title>
              {description && <RadixDialog.Description className="mt-0.5 text-sm text-ink-2">{description}</RadixDialog.Description>}
            </div>
            <RadixDialog.Close asChild>
              <IconButton label="Close"><X size={16} aria-hidden /></IconButton>
            </RadixDialog.Close>
          </div>
          {children && <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4" tabIndex={-1}>{children}</div>}
          {footer && <div className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{footer}</div>}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

/** A message may offer an Undo: pressing it is no wish to leave. Pressed, it is gone from the page by the time this is asked. */
const isMessage = (target: Element) => !target.isConnected || target.closest("[aria-live]") !== null;

/** What floats belongs to the main landmark; without one, to the page. */
const landmark = () => document.getElementById("content");

const POP = "z-50 rounded-lg border border-line bg-raised shadow-pop animate-rise";

/** `onClosed` may keep the focus from going back to the trigger, when an item has sent it elsewhere. */
type MenuProps = { trigger: ReactNode; children: ReactNode; align?: "start" | "end"; onClosed?: (event: Event) => void };

/** A menu of actions. `trigger` must be one element that takes a ref, such as a Button. */
export function Menu({ trigger, children, align = "end", onClosed }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal container={landmark()}>
        <DropdownMenu.Content {...(onClosed && { onCloseAutoFocus: onClosed })} align={align} sideOffset={4} collisionPadding={8} className={cx(POP, "max-w-[min(20rem,calc(100vw-1rem))] min-w-44 p-1")}>{children}</DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

type MenuItemProps = { onSelect?: (event: Event) => void; danger?: boolean; disabled?: boolean; icon?: ReactNode; asChild?: boolean; children: ReactNode };
const ITEM = "flex w-full items-center gap-2 rounded-md px-2 py-1.5 text-base outline-none select-none data-highlighted:bg-hover data-disabled:text-ink-3";

export function MenuItem({ onSelect, danger, disabled, icon, asChild, children }: MenuItemProps) {
  return (
    <DropdownMenu.Item asChild={asChild ?? false} disabled={disabled ?? false} {...(onSelect && { onSelect })} className={cx(ITEM, danger && "text-bad")}>
      {asChild ? children : <>{icon}<span className="min-w-0 flex-1 truncate">{children}</span></>}
    </DropdownMenu.Item>
  );
}

export function MenuChoice({ value, onValueChange, children }: { value: string; onValueChange: (value: string) => void; children: ReactNode }) {
  return <DropdownMenu.RadioGroup value={value} onValueChange={onValueChange}>{children}</DropdownMenu.RadioGroup>;
}

export function MenuOption({ value, children }: { value: string; children: ReactNode }) {
  return (
    <DropdownMenu.RadioItem value={value} className={cx(ITEM, "group")}>
      <span aria-hidden className="size-1.5 shrink-0 rounded-full group-data-[state=checked]:bg-accent" />
      <span className="min-w-0 flex-1 truncate">{children}</span>
    </DropdownMenu.RadioItem>
  );
}

export const MenuLabel = ({ children }: { children: ReactNode }) => <DropdownMenu.Label className="truncate px-2 py-1 text-xs text-ink-3">{children}</DropdownMenu.Label>;
export const MenuLine = () => <DropdownMenu.Separator className="my-1 border-t border-line" />;

type PopoverProps = { trigger: ReactNode; children: ReactNode; open?: boolean; onOpenChange?: (open: boolean) => void; align?: "start" | "end"; label: string; className?: string; onCloseAutoFocus?: (event: Event) => void };

export function Popover({ trigger, children, open, onOpenChange, align = "start", label, className, onCloseAutoFocus }: PopoverProps) {
  return (
    <RadixPopover.Root {...(open !== undefined && { open })} {...(onOpenChange && { onOpenChange })}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal container={landmark()}>
        <RadixPopover.Content aria-label={label} {...(onCloseAutoFocus && { onCloseAutoFocus })} align={align} sideOffset={4} collisionPadding={8} className={cx(POP, "max-h-[var(--radix-popover-content-available-height)] max-w-[calc(100vw-1rem)] overflow-y-auto p-3", className)}>{children}</RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}

/** Extra words for a control that already has a name. Needs `TooltipRoom` somewhere above (the shell has it). */
export function Tip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <RadixTooltip.Root>
      <RadixTooltip.Trigger asChild>{children}</RadixTooltip.Trigger>
      <RadixTooltip.Portal>
        <RadixTooltip.Content sideOffset={4} collisionPadding={8} className="z-50 max-w-72 rounded-md bg-ink px-2 py-1 text-sm text-page">{text}</RadixTooltip.Content>
      </RadixTooltip.Portal>
    </RadixTooltip.Root>
  );
}

export const TooltipRoom = RadixTooltip.Provider;

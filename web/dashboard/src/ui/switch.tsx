import { Switch as Radix } from "radix-ui";
import { type ReactNode, useId } from "react";

type SwitchProps = { checked: boolean; onChange: (checked: boolean) => void; label: ReactNode; hint?: ReactNode; disabled?: boolean };

/** On or off, at once. */
export function Switch({ checked, onChange, label, hint, disabled }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <Radix.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled ?? false}
        {...(hint ? { "aria-describedby": `${id}-hint` } : {})}
        className="relative mt-0.5 h-5 w-9 shrink-0 rounded-full bg-line-strong transition-colors disabled:opacity-50 data-[state=checked]:bg-accent"
      >
        <Radix.Thumb className="block size-4 translate-x-0.5 rounded-full bg-surface transition-transform data-[state=checked]:translate-x-[1.125rem]" />
      </Radix.Root>
      <div>
        <label htmlFor={id} className="text-base font-medium">{label}</label>
        {hint && <p id={`${id}-hint`} className="text-sm text-ink-3">{hint}</p>}
      </div>
    </div>
  );
}

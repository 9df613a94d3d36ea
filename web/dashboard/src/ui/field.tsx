import { CircleAlert } from "lucide-react";
import { createContext, type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, type TextareaHTMLAttributes, useContext, useId } from "react";
import { cx } from "../lib/cx.ts";

type FieldIds = { id: string; describedBy: string | undefined; invalid: boolean };
const FieldContext = createContext<FieldIds | null>(null);

type FieldProps = { label: ReactNode; hint?: ReactNode; error?: string | null | undefined; hideLabel?: boolean; className?: string; children: ReactNode };

/** A label, a control, a hint and an error that belong together. The control inside takes their ids by itself. */
export function Field({ label, hint, error, hideLabel, className, children }: FieldProps) {
  const id = useId();
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  return (
    <div className={cx("flex flex-col gap-1", className)}>
      <label htmlFor={id} className={cx("text-sm font-medium text-ink", hideLabel && "sr-only")}>{label}</label>
      <FieldContext value={{ id, describedBy, invalid: Boolean(error) }}>{children}</FieldContext>
      {hint && <p id={`${id}-hint`} className="text-sm text-ink-3">{hint}</p>}
      {error && (
        <p id={`${id}-error`} role="alert" className="flex items-start gap-1 text-sm text-bad">
          <CircleAlert size={14} className="mt-0.5 shrink-0" aria-hidden />
          {error}
        </p>
      )}
    </div>
  );
}

export function useField() {
  const field = useContext(FieldContext);
  return field ? { id: field.id, "aria-describedby": field.describedBy, "aria-invalid": field.invalid || undefined } : {};
}

export const controlClass =
  "w-full min-w-0 rounded-md border border-line-strong bg-surface px-2.5 text-base text-ink disabled:bg-sunken disabled:text-ink-3 aria-invalid:border-bad";

export function Input({ className, ref, ...rest }: InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> }) {
  return <input {...useField()} ref={ref} className={cx(controlClass, "h-9", className)} {...rest} />;
}

export function Textarea({ className, ref, ...rest }: TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> }) {
  return <textarea {...useField()} ref={ref} className={cx(controlClass, "min-h-20 py-2", className)} {...rest} />;
}

/** The platform's own list: right on every device, with every keyboard. */
export function Select({ className, children, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return <select {...useField()} className={cx(controlClass, "h-9 pr-7", className)} {...rest}>{children}</select>;
}

type CheckProps = Omit<InputHTMLAttributes<HTMLInputElement>, "type"> & { label: ReactNode; hint?: ReactNode };

function Check({ type, label, hint, className, ...rest }: CheckProps & { type: "checkbox" | "radio" }) {
  const id = useId();
  return (
    <label className={cx("flex items-start gap-2 text-base", rest.disabled && "text-ink-3", className)}>
      <input type={type} className="mt-0.5 size-4 shrink-0" aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
      <span>
        {label}
        {hint && <span id={`${id}-hint`} className="block text-sm text-ink-3">{hint}</span>}
      </span>
    </label>
  );
}

export const Checkbox = (props: CheckProps) => <Check type="checkbox" {...props} />;
export const Radio = (props: CheckProps) => <Check type="radio" {...props} />;

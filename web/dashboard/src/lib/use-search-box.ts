import { useEffect, useRef, useState } from "react";

/** A search box whose text lands in the URL a moment after the last key; going back in history fills the box again. */
export function useSearchBox(value: string, commit: (value: string) => void, wait = 250): [string, (text: string) => void] {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return [
    text,
    (next) => {
      setText(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        sent.current = next.trim();
        commit(next.trim());
      }, wait);
    },
  ];
}

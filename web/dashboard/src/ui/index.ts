/** The parts that every page is made of. */
export * from "./button.tsx";
export * from "./copy.tsx";
export * from "./field.tsx";
export * from "./layout.tsx";
export * from "./overlays.tsx";
export * from "./segmented.tsx";
export * from "./states.tsx";
export * from "./switch.tsx";
export * from "./table.tsx";
export * from "./tabs.tsx";
export * from "./time.tsx";
export { toast, toastError, UNDO_MS } from "./toast.tsx";

import { Button, Dialog } from "../../ui/index.ts";

/** Ending cannot be taken back, so it is the one step that asks. */
export function EndDialog({ name, close, end }: { name: string; close: () => void; end: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={close}
      title={`End “${name || "Untitled survey"}”?`}
      description="Nobody is asked any more, for good. The results stay, and a copy can be launched anew."
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button look="danger" onClick={() => { close(); end(); }}>End survey</Button>
        </>
      }
    />
  );
}

import { useNames } from "../../audience/suggestions.ts";
import { Card } from "../../ui/index.ts";
import { launchSentence } from "../model/sentence.ts";
import { useDraft } from "../editor/context.tsx";
import { ActivationCard } from "./activation.tsx";
import { HowOftenCard, WhoCard } from "./delivery.tsx";
import { EstimateCard } from "./estimate.tsx";
import { LaunchPanel } from "./launch-panel.tsx";
import { FrontendCard } from "./frontend.tsx";
import { WhenCard } from "./when.tsx";

/** Where, when, for whom, how often; then what is still to do, and the button. */
export function LaunchPage() {
  return (
    <div className="mx-auto grid max-w-6xl gap-6 px-4 py-5 md:px-6 lg:grid-cols-[minmax(0,1fr)_21rem]">
      <h2 className="sr-only">Configure and launch</h2>
      <div className="flex min-w-0 flex-col gap-4">
        <ActivationCard />
        <FrontendCard />
        <WhoCard />
        <WhenCard />
        <HowOftenCard />
      </div>
      <div className="flex flex-col gap-4 lg:sticky lg:top-4 lg:self-start">
        <Summary />
        <EstimateCard />
        <LaunchPanel />
      </div>
    </div>
  );
}

function Summary() {
  const { document } = useDraft();
  const names = useNames(document.launch.audience);
  return (
    <Card title="In plain words" className="border-accent/40">
      <p className="text-lg wrap-anywhere" aria-live="polite">{launchSentence(document.launch, names)}</p>
    </Card>
  );
}

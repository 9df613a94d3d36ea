import { useQuery } from "@tanstack/react-query";
import { connections } from "../api/connections.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { npmSnippet, scriptSnippet, SDK_KEY } from "../lib/samples.ts";
import { Badge, Card, Code, CopyValue, Load, Page, Time } from "../ui/index.ts";
import { BackToConnections } from "./connection-parts.tsx";

export function SdkPage() {
  const query = useQuery(connections(useWorkspace().id));
  return (
    <Page title="Web SDK" lead="One script on your site. The survey itself is loaded only when one is due." back={<BackToConnections />}>
      <Load query={query}>
        {({ sdk }) => (
          <div className="flex flex-col gap-4">
            <Card title="SDK key" lead="Public: it may stand in the source of your site and apps." actions={sdk.last_used_at ? <Badge tone="good">Installed</Badge> : <Badge>Not seen yet</Badge>}>
              <div className="flex flex-col gap-3">
                {sdk.key ? <CopyValue label="Key" value={sdk.key} /> : <p className="text-ink-2">This workspace has no SDK key.</p>}
                <p className="text-sm text-ink-2">Last seen <Time at={sdk.last_used_at} /></p>
              </div>
            </Card>
            <Card title="Script tag" lead="Put it on every page. Replace THE_USERS_ID by your own id of the logged-in user; leave data-user out while nobody is logged in.">
              <Code label="Script tag" text={scriptSnippet(sdk.script_url, sdk.key ?? SDK_KEY)} />
            </Card>
            <Card title="Fire a frontend trigger" lead="Wherever a survey could show. A trigger registers itself on first use.">
              <Code label="Frontend trigger" text={`sonde.trigger("checkout_opened", { plan: "pro" });`} />
            </Card>
            <Card title="From npm" lead="For sites that bundle their scripts.">
              <Code label="npm package" text={npmSnippet(new URL(sdk.script_url, location.href).origin, sdk.key ?? SDK_KEY)} />
            </Card>
          </div>
        )}
      </Load>
    </Page>
  );
}

import { Empty, Page } from "../ui/index.ts";

export function SurveysPage() {
  return (
    <Page title="Surveys">
      <Empty title="No surveys yet" />
    </Page>
  );
}

import type { Presenter } from "@sonde/sdk-core";
import type { SurveyContent, Theme, Values } from "@sonde/widget";

export type Widget = Pick<typeof import("@sonde/widget"), "renderSurvey">;

/** Fetches the widget when the first survey is due, and draws with it. `theme` goes before the workspace's. */
export function lazyPresenter(load: () => Promise<Widget>, theme: Theme): Presenter {
  let loading: Promise<Widget> | null = null;
  let widget: Widget | null = null;

  const fetchWidget = async (): Promise<Widget> => {
    try {
      const [loaded] = await Promise.all([load(), bodyParsed()]);
      return (widget = loaded);
    } catch (error) {
      loading = null;
      throw error;
    }
  };
  return {
    load: () => (loading ??= fetchWidget()),
    show(content, hooks, workspace, values) {
      if (!widget) throw new Error("widget not loaded");
      const survey = widget.renderSurvey({ content: content as SurveyContent, values: values as Values, theme: { ...(workspace as Theme), ...theme }, ...hooks });
      return { close: () => survey.destroy(), flush: () => survey.flush() };
    },
  };
}

function bodyParsed(): Promise<void> {
  if (document.body) return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("DOMContentLoaded", () => resolve(), { once: true }));
}

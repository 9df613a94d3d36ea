import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../app/workspace.tsx";
import { editorSearch, listSearch, templatesSearch } from "./search.ts";

/** Everything under /surveys but the results. Pages are loaded lazily. */
export const surveysRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/surveys",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("./list/page.tsx"), "SurveysPage"),
});

export const templatesRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/surveys/new",
  validateSearch: templatesSearch,
  component: lazyRouteComponent(() => import("./list/templates.tsx"), "TemplatesPage"),
});

/** One draft, edited on two pages. */
export const surveyRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/surveys/$surveyId",
  validateSearch: editorSearch,
  component: lazyRouteComponent(() => import("./editor/frame.tsx"), "SurveyFrame"),
});

const editorRoute = createRoute({
  getParentRoute: () => surveyRoute,
  path: "/",
  component: lazyRouteComponent(() => import("./editor/page.tsx"), "EditorPage"),
});

export const launchRoute = createRoute({
  getParentRoute: () => surveyRoute,
  path: "/launch",
  component: lazyRouteComponent(() => import("./launch/page.tsx"), "LaunchPage"),
});

export const surveyRoutes = [surveysRoute, templatesRoute, surveyRoute.addChildren([editorRoute, launchRoute])] as const;

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../app/workspace.tsx";

/** Everything under /surveys but the results. Pages are loaded lazily. */
const surveysRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/surveys",
  component: lazyRouteComponent(() => import("./list.tsx"), "SurveysPage"),
});

export const surveyRoutes = [surveysRoute] as const;

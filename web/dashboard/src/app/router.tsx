import { createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { authState } from "../api/auth.ts";
import { queryClient } from "../api/query.ts";
import { surveyRoutes } from "../surveys/routes.tsx";
import { SkeletonRows } from "../ui/states.tsx";
import { peopleRoutes } from "./people-routes.tsx";
import { rootRoute } from "./root.tsx";
import { connectionsSearch, loginSearch, resultsSearch, settingsSearch, triggersSearch } from "./search.ts";
import { workspaceRoute } from "./workspace.tsx";

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  component: lazyRouteComponent(() => import("../pages/setup.tsx"), "SetupPage"),
});

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/login",
  validateSearch: loginSearch,
  beforeLoad: async () => {
    const auth = await queryClient.ensureQueryData(authState);
    if (auth.setup_needed) throw redirect({ to: "/setup" });
    if (auth.member) throw redirect({ to: "/" });
  },
  component: lazyRouteComponent(() => import("../pages/login.tsx"), "LoginPage"),
});

const indexRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/home.tsx"), "HomePage"),
});

const firstRunRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/first-run",
  component: lazyRouteComponent(() => import("../pages/first-run.tsx"), "FirstRunPage"),
});

const connectionsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/connections",
  component: lazyRouteComponent(() => import("../pages/connections.tsx"), "ConnectionsPage"),
});

export const backendTriggerRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/connections/backend",
  validateSearch: connectionsSearch,
  component: lazyRouteComponent(() => import("../pages/backend-trigger.tsx"), "BackendTriggerPage"),
});

export const sdkRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/connections/sdk",
  component: lazyRouteComponent(() => import("../pages/sdk.tsx"), "SdkPage"),
});

export const triggersRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/triggers",
  validateSearch: triggersSearch,
  component: lazyRouteComponent(() => import("../pages/triggers.tsx"), "TriggersPage"),
});

export const resultsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/surveys/$surveyId/results",
  validateSearch: resultsSearch,
  component: lazyRouteComponent(() => import("../pages/results.tsx"), "ResultsPage"),
});

export const settingsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/settings",
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => import("../pages/settings.tsx"), "SettingsPage"),
});

const routeTree = rootRoute.addChildren([
  setupRoute,
  loginRoute,
  workspaceRoute.addChildren([
    indexRoute,
    firstRunRoute,
    connectionsRoute,
    backendTriggerRoute,
    sdkRoute,
    triggersRoute,
    resultsRoute,
    settingsRoute,
    ...surveyRoutes,
    ...peopleRoutes,
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultPendingMs: 150,
  defaultPendingComponent: () => <SkeletonRows />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

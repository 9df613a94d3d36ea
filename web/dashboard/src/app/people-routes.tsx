import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { userSearch, usersSearch } from "./search.ts";
import { workspaceRoute } from "./workspace.tsx";

/** Users and cohorts. Pages are loaded lazily. */
export const usersRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/users",
  validateSearch: usersSearch,
  component: lazyRouteComponent(() => import("../users/list.tsx"), "UsersPage"),
});

export const userRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/users/$userId",
  validateSearch: userSearch,
  component: lazyRouteComponent(() => import("../users/page.tsx"), "UserPage"),
});

export const cohortsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/cohorts",
  component: lazyRouteComponent(() => import("../cohorts/list.tsx"), "CohortsPage"),
});

export const newCohortRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/cohorts/new",
  component: lazyRouteComponent(() => import("../cohorts/page.tsx"), "NewCohortPage"),
});

export const cohortRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/cohorts/$cohortId",
  component: lazyRouteComponent(() => import("../cohorts/page.tsx"), "CohortPage"),
});

export const peopleRoutes = [usersRoute, userRoute, cohortsRoute, newCohortRoute, cohortRoute] as const;

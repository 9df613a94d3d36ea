import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { forget } from "./api/auth.ts";
import { queryClient, whenSignedOut } from "./api/query.ts";
import { router } from "./app/router.tsx";
import { restoreAppearance } from "./lib/appearance.ts";
import "./styles.css";

restoreAppearance();

whenSignedOut(() => {
  if (location.pathname === "/login" || location.pathname === "/setup") return;
  const back = location.pathname + location.search;
  forget();
  void router.navigate({ to: "/login", search: { return: back } });
});

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);

import { createRootRoute, Link, Outlet } from "@tanstack/react-router";
import { buttonClass } from "../ui/button.tsx";
import { Empty, Failed } from "../ui/states.tsx";
import { Toaster } from "../ui/toast.tsx";

export const rootRoute = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Toaster />
    </>
  ),
  errorComponent: ({ error, reset }) => (
    <main>
      <Failed title="This page broke" error={error} retry={() => { reset(); location.reload(); }} />
    </main>
  ),
  notFoundComponent: () => (
    <main>
      <h1 className="sr-only">Not found</h1>
      <Empty title="There is no such page" action={<Link to="/" className={buttonClass("primary")}>Go to the start</Link>}>
        The address may be mistyped, or what was here is gone.
      </Empty>
    </main>
  ),
});

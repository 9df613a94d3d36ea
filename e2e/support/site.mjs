/** A customer's site of bare pages under the strictest policy: `/` for nobody in particular, `/<user>` for each user. */
import { hostSite, strictPolicy } from "../../web/testkit/host-site.mjs";

export async function startSite(workspace, { users = [], lang = "en" } = {}) {
  const { sonde, sdkKey } = workspace;
  const page = (attributes) => ({
    type: "text/html",
    policy: strictPolicy(sonde.origin),
    body: `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>Shop</title></head><body><h1>Shop</h1>
<script src="${sonde.origin}/sdk/v1/sonde.js" data-key="${sdkKey}" ${attributes}></script></body></html>`,
  });
  const own = users.map((user) => [`/${user}`, page(`data-user="${user}"`)]);
  return hostSite({ "/": page(""), ...Object.fromEntries(own) });
}

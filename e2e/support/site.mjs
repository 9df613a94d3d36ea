/**
 * A customer's site of bare pages under the strictest policy: `/` for nobody in particular, `/<user>` for each user.
 * `proofs`: path → the user of that page, and what the customer's server says to prove it.
 */
import { hostSite, strictPolicy } from "../../web/testkit/host-site.mjs";

export async function startSite(workspace, { users = [], proofs = {}, lang = "en" } = {}) {
  const { sonde, sdkKey } = workspace;
  const page = (attributes) => ({
    type: "text/html",
    policy: strictPolicy(sonde.origin),
    body: `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>Shop</title></head><body><h1>Shop</h1>
<script src="${sonde.origin}/sdk/v1/sonde.js" data-key="${sdkKey}" ${attributes}></script></body></html>`,
  });
  const own = users.map((user) => [`/${user}`, page(`data-user="${user}"`)]);
  const vouched = Object.entries(proofs).map(([path, { user, proof }]) => [path, page(`data-user="${user}" data-proof="${proof}"`)]);
  return hostSite({ "/": page(""), ...Object.fromEntries([...own, ...vouched]) });
}

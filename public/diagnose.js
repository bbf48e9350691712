// What is right and wrong with the widget on this page. Fetched by the command `diagnose` and by nothing else; public/embed.js calls it.

/** A request that no cache answers: is the service there at all? */
async function isReachable(base) {
  try {
    // The only way to ask that no policy of the page forbids while the loader runs.
    await import(`${base}/assets/diagnose.js?${Date.now()}`);
    return true;
  } catch {
    return false;
  }
}

/** Why the frame has not answered. */
async function whySilent(base, whyRefused) {
  if (whyRefused?.includes("frame-src")) return whyRefused;
  if (!navigator.onLine) return "The browser is offline.";
  if (!(await isReachable(base))) return `${base} cannot be reached: it is down, or something on this machine (an ad blocker, a firewall) refuses it.`;
  return `${base} answers, the frame does not: "${origin}" is not among the site's allowed_origins, or something on this machine (an ad blocker) refuses the frame.`;
}

const yesOr = (ok, otherwise) => ({ ok, says: ok ? "yes" : otherwise });

/**
 * Prints a table and answers it.
 *
 * @param asked asks the panel and answers what it says, or undefined
 * @param whyRefused why there is no panel, where that is known
 * @returns {Promise<{ok: boolean, checks: {what: string, ok: boolean, says: string}[]}>}
 */
export default async function diagnose({ base, options, asked, whyRefused }) {
  const checks = [];
  const check = (what, { ok, says }) => checks.push({ what, ok: !!ok, says });
  const panel = await asked();
  check("the page runs in a secure context (https)", yesOr(isSecureContext, "No: without it there is no screen recording, and no work for a service under attack."));
  check("script-src lets the loader in", yesOr(true));
  check("frame-src lets the panel in", yesOr(!whyRefused()?.includes("frame-src"), whyRefused()));
  check("the panel answers, this origin is allowed", yesOr(panel, panel ? "" : await whySilent(base, whyRefused())));
  if (panel) {
    check("the panel's WebAssembly runs", yesOr(panel.started, "No: the plain form works in its place. The console of the frame says why."));
    check("drafts can be kept", yesOr(panel.storage || options.drafts === "off", "No: the browser gives the panel no storage (third-party storage is blocked). What is written is lost with the page."));
    const wished = options.locale?.split(/[-_]/)[0];
    check("the form speaks the language of the page", yesOr(!wished || wished === panel.locale, `"${options.locale}" is asked for, the form speaks "${panel.locale}".`));
  }
  const mayCapture = (document.permissionsPolicy ?? document.featurePolicy)?.allowsFeature("display-capture") ?? true;
  check("the page lets the panel record the screen", yesOr(mayCapture, "No: its Permissions-Policy forbids display-capture. Pictures can still be pasted and chosen."));
  const own = [...document.querySelectorAll("script[data-site]")].filter(({ src }) => src.startsWith(base));
  check("one tag", yesOr(own.length < 2, `${own.length} tags; the first one counts.`));
  const ok = checks.every((one) => one.ok);
  console.info(`Cornerdesk: ${ok ? "everything is right" : "something is wrong"} on ${origin} with the site "${options.site}" of ${base}.`);
  console.table(checks);
  return { ok, checks };
}

// What the owner of a page would notice, kept for the test. Each page loads this first.
window.observed = []; // errors, warnings and refusals, as on the console
window.heard = []; // what the page's own shortcuts did
window.disturbed = () => []; // what is not as the page left it; a page puts its own in this place

addEventListener("error", ({ message, target }) => observed.push(`error: ${message || target.src || target.href}`), true);
addEventListener("unhandledrejection", ({ reason }) => observed.push(`rejected: ${reason}`));
addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => observed.push(`refused: ${effectiveDirective} ${blockedURI}`));
for (const level of ["warn", "error"]) {
  const said = console[level];
  console[level] = (...values) => {
    observed.push(`${level}: ${values.join(" ")}`);
    said.apply(console, values);
  };
}

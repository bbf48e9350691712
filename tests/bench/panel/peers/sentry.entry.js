// As its documentation embeds it from npm, everything bundled.
import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: `${location.protocol}//public@${location.host}/1`,
  integrations: [Sentry.feedbackIntegration({ colorScheme: "light" })],
});

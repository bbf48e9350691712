import { acquire } from "./acquire.js";
import type { Cornerdesk, Options } from "./types.js";

export { cornerdesk } from "./global.js";
export type { Answers, Commands, Context, Cornerdesk, Diagnosis, Events, Fields, Look, Options, Person } from "./types.js";

/**
 * Puts the widget into the page, once, however often it is called.
 *
 * @returns the widget; rejected when it could not be loaded or may not be shown here, with what to do about it
 */
export function load(options: Options): Promise<Cornerdesk> {
  return acquire(options).ready;
}

/**
 * Lets the event loop turn once. The embedded store answers at once, so that a long run of steps or chunks would
 * otherwise never give signals, timers and other requests of the process a chance.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

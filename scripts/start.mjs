// `npm start`. Plain JavaScript, so that an older Node gets far enough to say what is wrong.
await import('./check-node.mjs');
if (process.exitCode === undefined) {
  await import('./start.ts');
  await import('../bin/prorata.js');
}

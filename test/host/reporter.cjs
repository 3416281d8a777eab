// mocha's Spec report, followed by the one line that continuous integration reads. It is printed when the process
// ends, so that it stays last even if a child process still writes.
const { appendFileSync } = require('node:fs');
const { reporters } = require('mocha');

/** How long the process may live behind its last test. A test that failed may leave a child or a timer behind. */
const graceMs = 20_000;

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      // Several runs of one command are counted together, by that command (scripts/test.mjs).
      const counts = process.env.PTFE_COUNTS;
      process.on('exit', () => {
        if (counts !== undefined) appendFileSync(counts, `${passes} ${failures} ${pending}\n`);
        else console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
      });
      // Does not keep the process alive by itself, so it fires only when something else does.
      setTimeout(() => {
        console.error(
          `still open ${graceMs / 1000} s behind the last test: ${process.getActiveResourcesInfo().join(', ')}`,
        );
        process.exit(1);
      }, graceMs).unref();
    });
  }
};

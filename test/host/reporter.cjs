// mocha's Spec report, followed by the one line that continuous integration reads. It is printed when the process
// ends, so that it stays last even if a child process still writes.
const { reporters } = require('mocha');

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      process.on('exit', () => console.log(`${passes} passed, ${failures} failed, ${pending} skipped`));
    });
  }
};

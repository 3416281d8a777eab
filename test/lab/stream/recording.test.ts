import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { commandAt } from '../../../src/hardware/command.js';
import { PtfeError } from '../../../src/error.js';
import { executionRefusal } from '../../../src/explain/executable.js';
import { boAt, programOfRecording, readRecording } from '../../../src/lab/stream/recording.js';
import { needShared, sharedJson, sharedPath } from '../../host/shared.js';

const folder = 'golden/mesa';

const small = {
  model: 'm.tflite',
  driver: 'd',
  bos: [{ handle: 1, dma: 4096, size: 4096, at: 0, stored: 4 }],
  submits: [{ jobs: [{ in: [1], out: [1], tasks: [{ regcmd: 4096, count: 1, cmds: ['1001000010004020'] }] }] }],
};

const refusalOf = (json: unknown, blob: Uint8Array | null = null): string => {
  try {
    readRecording(json, blob);
    return 'read';
  } catch (error) {
    if (error instanceof PtfeError && error.code === 'bad-stream') return error.message;
    throw error;
  }
};

describe('stream: recordings', () => {
  it("every one of Mesa's is read whole; its words are those in its BOs, and nothing speaks against executing it", function () {
    needShared(this, folder);
    const names = readdirSync(sharedPath(folder)).filter((file) => file.endsWith('.json.gz'));
    expect(names.length).to.be.above(0);
    for (const name of names) {
      const blob = gunzipSync(readFileSync(sharedPath(`${folder}/${name.replace('.json.gz', '.bos.gz')}`)));
      const recording = readRecording(sharedJson(`${folder}/${name}`), blob);
      const tasks = recording.submits.flatMap((jobs) => jobs.flatMap((job) => job.tasks));
      expect(tasks.length).to.be.above(20);
      for (const { regcmd, commands } of tasks) {
        const bo = boAt(recording, regcmd);
        const bytes = bo?.bytes ?? new Uint8Array();
        const padded = new Uint8Array(bo?.size ?? 0);
        padded.set(bytes);
        const view = new DataView(padded.buffer);
        const start = regcmd - (bo?.dma ?? 0);
        expect(commands.map((_, i) => commandAt(view, start + 8 * i))).to.deep.equal(commands);
      }
      const program = programOfRecording(recording);
      expect(executionRefusal(program)).to.equal(null);
      const lost = program.tasks.flatMap(({ words }) =>
        words.filter(({ offset, address }) => offset === 0x1110 && address === null),
      );
      expect(lost, `${name}: weights outside every BO`).to.have.length(0);
    }
  });

  it('an address is a BO and an offset', () => {
    const word = programOfRecording(readRecording({ ...small, bos: [{ ...small.bos[0], dma: 4000 }] }, null)).tasks[0];
    expect(word?.words[0]).to.deep.equal({
      target: 0x1001,
      offset: 0x4020,
      value: 4096,
      address: { bo: 'bo1', offset: 96 },
    });
    expect(word?.at).to.deep.equal({ bo: 'bo1', offset: 96 });
  });

  it('what is wrong is named with its place', () => {
    const job = { in: [1], out: [2], tasks: [] };
    const task = { regcmd: 0, count: 1, cmds: ['10'] };
    expect(refusalOf(small, new Uint8Array(4))).to.equal('read');
    expect(refusalOf(null)).to.contain('recorded stream: no "bos"');
    expect(refusalOf({ ...small, bos: [{ handle: 1 }] })).to.contain('recorded stream bos[0]: no "dma"');
    expect(refusalOf(small, new Uint8Array(3))).to.contain('bos[0]: its bytes end at 4, the file of bytes at 3');
    expect(refusalOf({ ...small, submits: [{ jobs: [job] }] })).to.contain(
      'submits[0] jobs[0] out[0]: no BO has the handle 2',
    );
    expect(refusalOf({ ...small, submits: [{ jobs: [{ ...job, out: [], tasks: [task] }] }] })).to.contain(
      'tasks[0] cmds[0]: "10" is not a command word of 16 hex digits',
    );
  });
});

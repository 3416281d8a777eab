import { expect } from 'chai';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { compileTflite } from '../../src/compile.js';
import { plansOfFile } from '../../src/cli/plan_file.js';
import { rk3588 } from '../../src/hardware/chips.js';
import { facts } from '../../src/hardware/facts.js';
import type { Graph } from '../../src/graph/graph.js';
import { adviceOf } from '../../src/ops/shared/advice.js';
import { operators } from '../../src/ops/index.js';
import { readPlan } from '../../src/plan/read.js';
import { streamingModel } from '../delegate/changing_models.js';
import { goldenModels } from '../golden/models.js';
import { expectRefused, ptfe } from '../host/cli.js';
import { repository } from '../host/repository.js';
import { needShared, sharedPath } from '../host/shared.js';
import { writeTflite } from '../host/tflite_writer.js';
import { reshaped } from '../ops/host_models.js';

const golden = (name: string): Uint8Array =>
  goldenModels.find((model) => model.name === name)?.bytes ?? new Uint8Array();

const json = (text: string): Readonly<Record<string, unknown>> => JSON.parse(text) as Readonly<Record<string, unknown>>;

describe('commands', () => {
  let folder = '';
  const file = (name: string, bytes: Uint8Array | string): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  let model = '';
  let plan = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ptfe-commands-'));
    model = file('conv.tflite', golden('conv_clamp'));
    plan = join(folder, 'conv.plan');
    expect(ptfe('compile', model, '-o', plan).code).to.equal(0);
  });
  const compiledTo = (path: string, ...options: readonly string[]): string => {
    const to = join(folder, `${options.join('')}.plan`);
    expect(ptfe('compile', path, '-o', to, ...options).code).to.equal(0);
    return to;
  };
  after(() => rmSync(folder, { recursive: true, force: true }));

  describe('bad usage', () => {
    it('is one line that says what is known', () => {
      expectRefused(
        ptfe('dissasm', plan),
        'no command "dissasm"',
        'compile, check, compare, cut, disasm, dump, estimate, report, profile, stream, npu, doctor, selftest, cache, completion, man',
        'did you mean ptfe disasm?',
      );
      expectRefused(ptfe('disasm'), 'disasm: no file given', 'ptfe disasm --help');
      expectRefused(ptfe('disasm', plan, model), 'one file at a time, not 2');
      expectRefused(ptfe('disasm', plan, '--everything'), "Unknown option '--everything'");
      expectRefused(ptfe('disasm', plan, '--task', '3'), '--task 3: the file has 3 tasks, numbered from 0');
      expectRefused(ptfe('disasm', plan, '--task', 'x'), '--task x');
      expectRefused(ptfe('compile', model, '--trust', 'blind'), '--trust blind: only inferred and seen are known');
      expectRefused(ptfe('compile', model, '-o'), '--output');
      expectRefused(ptfe('compile', model, '--chip', 'rk3576'), "RK3588 only, the RK3576's are not proven");
      expectRefused(ptfe('compile', model, '--chip', 'rk1'), 'no such chip (known: rk3588, rk3576, rk3568)');
      expectRefused(ptfe('check'), 'check: no model given');
      expectRefused(ptfe('npu'), 'facts or registers?');
      expectRefused(ptfe('npu', 'facets'), 'no topic "facets"');
      expectRefused(ptfe('doctor', 'x'), 'it takes no file');
    });

    it('no command at all prints the list to stderr', () => {
      const { code, out, err } = ptfe();
      expect([code, out]).to.deep.equal([2, '']);
      expect(err).to.contain('ptfe COMMAND');
    });

    it('help and version are answers', () => {
      for (const argv of [['help'], ['--help'], ['-h'], ['help', 'disasm'], ['disasm', '--help'], ['--version']]) {
        const { code, out, err } = ptfe(...argv);
        expect([code, err], argv.join(' ')).to.deep.equal([0, '']);
        expect(out).to.match(/^ptfe /);
      }
    });
  });

  describe('bad input', () => {
    it('a missing file, a folder, a file of another kind', () => {
      for (const command of ['compile', 'check', 'disasm'])
        expectRefused(ptfe(command, join(folder, 'none')), `${folder}/none: there is no such file`);
      expectRefused(ptfe('npu', 'facts', join(folder, 'none')), 'there is no such file');
      expectRefused(ptfe('disasm', folder), 'it is a folder');
      expectRefused(ptfe('disasm', file('text', 'hello there, this is a text')), 'neither a plan');
      expectRefused(ptfe('disasm', file('empty', '')), 'neither a plan');
      expectRefused(ptfe('check', file('text', 'hello there, this is a text')), 'TFL3');
      expectRefused(ptfe('compile', model, '-o', join(folder, 'none/x.plan')), 'cannot be written');
    });

    it('a plan cut off anywhere', () => {
      const whole = readFileSync(plan);
      for (const length of [8, 60, 135, 136, 500, whole.length - 1])
        expectRefused(ptfe('disasm', file('cut.plan', whole.subarray(0, length))), 'cut.plan: plan file: ');
      const [bare = new Uint8Array()] = plansOfFile(Uint8Array.from(whole));
      for (const length of [8, 60, 127, 128, 500, bare.length - 1])
        expectRefused(ptfe('disasm', file('cut.plan', bare.subarray(0, length))), 'cut.plan: plan header: ');
    });

    it('a .tflite file cut off anywhere', () => {
      const whole = readFileSync(join(repository, 'examples/digits_int8.tflite'));
      for (let length = 8; length < whole.length; length += 4099) {
        const path = file('cut.tflite', whole.subarray(0, length));
        for (const command of ['check', 'compile', 'disasm']) expectRefused(ptfe(command, path), 'cut.tflite: ');
      }
    });

    it('a stream that is cut off or damaged', () => {
      expectRefused(ptfe('disasm', file('cut.json', '{"submits": [')), 'not JSON, or cut off');
      const packed = gzipSync('{"submits": []}');
      expectRefused(ptfe('disasm', file('cut.json.gz', packed.subarray(0, 20))), 'gzip data are damaged or cut off');
      expectRefused(ptfe('disasm', file('bare.json', '{"submits": []}')), 'recorded stream: no "bos"');
      expectRefused(ptfe('disasm', file('other.json', '{"a": 1}')), 'neither a recorded stream');
    });
  });

  describe('compile', () => {
    it('writes a plan and says what is in it', () => {
      const { out } = ptfe('compile', model, '-o', plan, '--json');
      expect(json(out)).to.deep.include({ model, trust: 'inferred', numerics: 'litert-2.4', refusals: [] });
      expect(json(out)).to.deep.include({ file: plan, bytes: readFileSync(plan).length });
      expect(json(out)['parts']).to.deep.equal([
        {
          nodes: [0],
          // The last one shows that the job ended.
          tasks: 3,
          jobs: 1,
          facts: [
            'bn_order',
            'bn_shift_rounding',
            'bs_shift_rounding',
            'int8_flying',
            'mul_product_width',
            'relux_limit_position',
          ],
        },
      ]);
    });

    it('answers 1 where the NPU takes nothing', () => {
      const clamp = file('clamp.tflite', golden('conv_clamp'));
      const { code, out } = ptfe('compile', clamp, '--trust', 'seen', '-o', join(folder, 'no.plan'));
      expect(code).to.equal(1);
      expect(out).to.contain('no node for the NPU');
    });

    it('takes more tasks for precision=best', () => {
      const linear = file('linear.tflite', golden('conv_1x1'));
      const tasksOf = (...options: readonly string[]): number =>
        plansOfFile(readFileSync(compiledTo(linear, ...options))).reduce(
          (sum, one) => sum + readPlan(one).tasks.length,
          0,
        );
      expect(tasksOf('--precision', 'best')).to.be.above(tasksOf());
      expectRefused(
        ptfe('compile', linear, '--precision', 'perfect'),
        '--precision perfect',
        'only fastest, fast and best are known',
      );
    });

    it('keeps all parts in one file', function () {
      const path = sharedPath('models/movenet_single_pose_lightning_ptq.tflite');
      needShared(this, 'models/movenet_single_pose_lightning_ptq.tflite');
      const { code, out } = ptfe('compile', path, '--parts', 'all', '-o', join(folder, 'v1.plan'));
      expect(code).to.equal(0);
      expect(out).to.match(/v1\.plan: \d+ bytes\n {2}part 0: .*\n {2}part 1: [^]*\n\d+ nodes stay on the CPU/);
      expect(ptfe('disasm', join(folder, 'v1.plan')).out).to.contain('v1.plan part 1 of ');
    });
  });

  describe('check', () => {
    it('lists every graph of a model, and compile says which are not in a plan', () => {
      const streaming = file('streaming.tflite', streamingModel().bytes);
      const { code, out } = ptfe('check', streaming);
      expect(code).to.equal(0);
      expect(out).to.match(/^graph 1 of the model: 0 of 2 nodes on the NPU, in 0 parts\n {2}#0 {4}VAR_HANDLE/m);
      expect(json(ptfe('check', streaming, '--json').out)['subgraphs']).to.have.length(1);
      const { out: compiled } = ptfe('compile', streaming, '--parts', 'all', '-o', join(folder, 'streaming.plan'));
      expect(compiled).to.contain('other graphs of the model, which are not in it and stay on the CPU: 1');
    });

    it('says of every node where it runs, and by which rule not', () => {
      const digits = join(repository, 'examples/digits_int8.tflite');
      const { code, out } = ptfe('check', digits);
      expect(code).to.equal(0);
      expect(out).to.match(/: \d+ of 28 nodes on the NPU, in \d+ parts?\n {2}#0 {4}CONV_2D +NPU\n/);
      const clamp = file('clamp.tflite', golden('conv_clamp'));
      const seen = json(ptfe('check', clamp, '--trust', 'seen', '--json').out);
      const nodes = seen['nodes'] as readonly Readonly<Record<string, unknown>>[];
      expect(nodes).to.have.length(1);
      expect(nodes[0]).to.deep.include({ target: 'cpu', rule: 'trust', part: null });
    });

    it('says what to change in the model, once for all nodes that it is for', () => {
      const clamp = file('clamp.tflite', golden('conv_clamp'));
      const nodes = json(ptfe('check', clamp, '--trust', 'seen', '--json').out)['nodes'] as readonly {
        readonly target: string;
        readonly advice: string | null;
      }[];
      for (const { target, advice } of nodes) {
        if (target === 'npu') expect(advice).to.equal(null);
        else expect(advice).to.be.a('string').and.not.equal('');
      }
      const { out } = ptfe('check', clamp, '--trust', 'seen');
      const [, changes = ''] = out.split('What to change in the model:\n');
      expect(changes).to.match(/^( {2}#\d+( #\d+)*: \S[^\n]*\n)+$/);
      expect(changes.match(/leave out --trust seen/g)).to.have.length(1);
      expect(ptfe('check', model).out).to.not.contain('What to change');
    });

    it('tells the host inside a part from the NPU', () => {
      const [drawn] = fc.sample(
        reshaped.filter(({ spec }) => compileTflite(writeTflite(spec)).hosted.length === 1),
        { seed: 3, numRuns: 1 },
      );
      if (drawn === undefined) throw new Error('nothing drawn');
      const path = file('host.tflite', writeTflite(drawn.spec));
      const { code, out } = ptfe('check', path);
      expect(code).to.equal(0);
      expect(out).to.match(/: 2 of 3 nodes on the NPU and 1 on the host, in 1 part\n/);
      expect(out).to.match(/ {2}#1 {4}RESHAPE +host {2}channels: .*; the NPU moves atoms of 16 channels/);
      const answer = json(ptfe('check', path, '--json').out);
      expect([answer['npu'], answer['host'], answer['cpu'], answer['parts']]).to.deep.equal([2, 1, 0, 1]);
    });

    it('every rule has an advice', () => {
      const graph: Graph = { numerics: 'litert-2.4', tensors: new Map(), nodes: [] };
      for (const { op, rules } of operators.values()) {
        const node = { index: 0, op, version: 1, inputs: [], outputs: [], params: {} };
        for (const rule of rules)
          expect(adviceOf(rule, { graph, node, chip: rk3588, trust: 'inferred' }), `${op}, rule ${rule.name}`).to.be.a(
            'string',
          );
      }
    });

    it('answers 1 where the NPU takes nothing', () => {
      expect(ptfe('check', file('clamp.tflite', golden('conv_clamp')), '--trust', 'seen').code).to.equal(1);
    });
  });

  describe('disasm', () => {
    it('lists a plan and the model that it was made of alike', () => {
      const [ofPlan, ofModel] = [ptfe('disasm', plan), ptfe('disasm', model)];
      expect(ofPlan.code).to.equal(0);
      expect(ofPlan.out).to.contain('task 1: CONV_2D clamp #0 (');
      const withoutTitle = (text: string): string => text.slice(text.indexOf('\n'));
      expect(withoutTitle(ofModel.out)).to.equal(withoutTitle(ofPlan.out));
    });

    it('one task, everything, JSON', () => {
      const { out } = ptfe('disasm', plan, '--all', '--task', '1', '--json');
      const [program] = json(out)['programs'] as readonly {
        readonly tasks: readonly Readonly<Record<string, unknown>>[];
      }[];
      expect(program?.tasks).to.have.length(1);
      expect(program?.tasks[0]).to.deep.include({ index: 1, starts: ['DPU', 'DPU_RDMA'], next: null });
      expect(ptfe('disasm', plan, '--all').out).to.contain('CNA.DCOMP_REGNUM                   0x00000000\n');
    });

    it('answers 1 for a model without a task', () => {
      expect(ptfe('disasm', file('clamp.tflite', golden('conv_clamp')), '--trust', 'seen').code).to.equal(1);
    });

    it("lists Mesa's recorded streams, packed or not", function () {
      const name = 'golden/mesa/mobilenet_v1_0.25_128_quant.json.gz';
      needShared(this, name);
      const { code, out } = ptfe('disasm', sharedPath(name));
      expect(code).to.equal(0);
      expect(out).to.contain('(rk3588, 28 tasks)');
      expect(out).to.contain('CNA.FEATURE_DATA_ADDR              bo');
      expect(out).to.not.contain('unknown word');
    });

    it("counts the vendor's programs and lists one of them", function () {
      const name = 'hardware/conv-shapes.json';
      needShared(this, name);
      const { code, out } = ptfe('disasm', sharedPath(name));
      expect(code).to.equal(0);
      expect(out).to.contain('rk3588: 70 of 70 programs decoded');
      expect(out).to.contain('rk3576: 158 of 158 programs decoded');
      expect(out).to.contain('not executed: chip:');
      expect(ptfe('disasm', sharedPath(name), '--task', '0').out).to.contain('CNA.CONV_CON1');
    });
  });

  describe('npu', () => {
    it('lists every fact with its tag, and every reading with what speaks for it', () => {
      const { code, out } = ptfe('npu', 'facts');
      expect(code).to.equal(0);
      for (const { name, source, readings } of facts) {
        expect(out).to.contain(`${name} (`).and.to.contain(`source: ${source}`);
        for (const { value, source: its } of readings.slice(1))
          expect(out).to.contain(`  ${value}: `).and.to.contain(its);
      }
      expect(json(ptfe('npu', 'facts', '--json').out)['facts']).to.deep.equal(facts);
    });

    it('counts the tasks of models that rest on each', () => {
      const { out } = ptfe('npu', 'facts', model);
      expect(out).to.contain('rests on it: 1 task of 1 op');
      expect(out).to.match(/1 model: 3 tasks, \d of them rests? on no inferred fact; \d+ values\./);
      expect(out).to.match(/rests on it: 1 task of 1 op, [1-9]\d* values?/);
    });

    it('lists registers by name', () => {
      expect(ptfe('npu', 'registers', 'cbuf_con0').out).to.contain('[3:0]    DATA_BANK                    silicon');
      expect(ptfe('npu', 'registers', 'NO_SUCH').code).to.equal(1);
      expect(json(ptfe('npu', 'registers', '--json').out)['registers']).to.have.length(201);
    });
  });
});

import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import {
  operatorEntries,
  operatorNames,
  type OptionField,
  type OptionKind,
  optionTables,
} from '../../src/tflite/operators.js';
import { tfliteTypes } from '../../src/tflite/types.js';
import { pythonEnvironment } from '../host/python.js';
import { skip } from '../host/skip.js';

/** What TFLite's own schema says, from the module that LiteRT ships: codes, tags, and each table's fields by their numbers. */
const script = `
import inspect, json, re, sys
from ai_edge_litert import schema_py_generated as schema
numbers = lambda holder: {name: value for name, value in vars(holder).items() if isinstance(value, int)}
def fields(name):
    text = inspect.getsource(getattr(schema, name))
    found = re.findall(r"self\\._tab\\.Offset\\((\\d+)\\)\\)\\n +if o != 0:\\n +return (?:bool\\()?self\\._tab\\.Get\\(flatbuffers\\.number_types\\.(\\w+)Flags[^\\n]*\\n +return (\\S+)", text)
    return {(int(offset) - 4) // 2: [kind, float(preset) if preset not in ("True", "False") else float(preset == "True")] for offset, kind, preset in found}
json.dump({
    "codes": numbers(schema.BuiltinOperator), "tags": numbers(schema.BuiltinOptions), "types": numbers(schema.TensorType),
    "fields": {name: fields(name) for name in sys.argv[1:]},
}, sys.stdout)
`;

interface Schema {
  readonly codes: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, number>>;
  readonly types: Readonly<Record<string, number>>;
  readonly fields: Readonly<Record<string, Readonly<Record<string, readonly [kind: string, preset: number]>>>>;
}

const schemaKinds: Readonly<Record<OptionKind, string>> = {
  i32: 'Int32',
  enum: 'Int8',
  padding: 'Int8',
  bool: 'Bool',
  f32: 'Float32',
};

describe("TFLite's schema and the tables of operators and types", () => {
  let schema: Schema;
  before(function () {
    const environment = pythonEnvironment('ai_edge_litert');
    if (!environment.available) skip(this, environment.reason);
    const run = spawnSync(environment.python, ['-c', script, ...Object.keys(optionTables)], { encoding: 'utf8' });
    expect(run.status, run.stderr).to.equal(0);
    schema = JSON.parse(run.stdout) as Schema;
  });

  it('have the same codes', () => {
    expect(Object.fromEntries(operatorNames.map((name, code) => [name, code]))).to.deep.equal(schema.codes);
  });

  it('have the same tags, and each option where it is, of its kind, with its value where it is left out', () => {
    for (const [table, { tag, fields }] of Object.entries(optionTables)) {
      expect(tag, table).to.equal(schema.tags[table]);
      for (const [name, { id, kind, preset = 0 }] of Object.entries<OptionField>(fields))
        expect([schemaKinds[kind], preset], `${table}.${name}`).to.deep.equal(schema.fields[table]?.[id]);
    }
    expect(new Set([...operatorEntries.values()].flatMap(({ options = [] }) => options))).to.deep.equal(
      new Set(Object.keys(optionTables)),
    );
  });

  it('number element types alike', () => {
    for (const [name, { schema: number }] of Object.entries(tfliteTypes))
      expect(number, name).to.equal(schema.types[name.toUpperCase()]);
  });
});

/** TFLite's element types: numbers in the schema of .tflite files and in the C API, bytes of a value (0: of no fixed size). */
import type { ElementType } from '../graph/graph.js';

export interface TfliteType {
  readonly schema: number;
  readonly api: number;
  readonly bytes: number;
}

export const tfliteTypes = {
  float32: { schema: 0, api: 1, bytes: 4 },
  float16: { schema: 1, api: 10, bytes: 2 },
  int32: { schema: 2, api: 2, bytes: 4 },
  uint8: { schema: 3, api: 3, bytes: 1 },
  int64: { schema: 4, api: 4, bytes: 8 },
  bool: { schema: 6, api: 6, bytes: 1 },
  int16: { schema: 7, api: 7, bytes: 2 },
  complex64: { schema: 8, api: 8, bytes: 8 },
  int8: { schema: 9, api: 9, bytes: 1 },
  float64: { schema: 10, api: 11, bytes: 8 },
  complex128: { schema: 11, api: 12, bytes: 16 },
  uint64: { schema: 12, api: 13, bytes: 8 },
  resource: { schema: 13, api: 14, bytes: 0 },
  uint32: { schema: 15, api: 16, bytes: 4 },
  uint16: { schema: 16, api: 17, bytes: 2 },
} as const satisfies Readonly<Record<string, TfliteType>>;

/** Those that the compiler tells apart. */
const elementTypes = [
  'float32',
  'int32',
  'uint8',
  'int64',
  'int8',
  'resource',
] as const satisfies readonly ElementType[];

const typeBy =
  (numbering: 'schema' | 'api') =>
  (number: number): ElementType =>
    elementTypes.find((type) => tfliteTypes[type][numbering] === number) ?? 'other';

export const typeOfSchema = typeBy('schema');
export const typeOfApi = typeBy('api');

export const apiNumber = (type: ElementType): number => (type === 'other' ? 0 : tfliteTypes[type].api);

/** 0 where values have no size that is known. */
export const valueBytes = (type: ElementType): number => (type === 'other' ? 0 : tfliteTypes[type].bytes);

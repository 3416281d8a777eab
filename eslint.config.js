import tseslint from 'typescript-eslint';

/** The rooms of src/ in the order of the data: a room imports rooms above it and `hardware/` (ARCHITECTURE.md). */
const rooms = [
  'graph',
  'tflite',
  'wire',
  'requantize',
  'ir',
  'ops',
  'rewrite',
  'partition',
  'fuse',
  'layout',
  'place',
  'tile',
  'cost',
  'cores',
  'schedule',
  'allocate',
  'emit',
  'plan',
  'validate',
  'explain',
  'report',
  'lab',
  'generate',
  'cli',
  'api',
];

/** Rooms that read register programs, beside emit/, which writes them. */
const registerRooms = ['emit', 'lab', 'explain', 'cli', 'generate', 'api'];

/** Rooms that may name a chip; the others are told theirs. */
const chipRooms = ['explain', 'report', 'lab', 'cli', 'generate', 'api'];

/** For each room: the rooms below it may not be imported. */
const directionRules = rooms.map((room, position) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          ...rooms
            .slice(position + 1)
            .map((below) => ({ group: [`**/${below}/*`], message: `${room}/ stands above ${below}/` })),
          ...(room === 'cli' || room === 'api'
            ? []
            : [{ group: ['node:*'], message: 'side effects belong to engine.ts, cli.ts and cli/' }]),
          ...(registerRooms.includes(room)
            ? []
            : [{ group: ['**/hardware/registers*'], message: 'only emit/, and what reads programs, knows registers' }]),
          ...(chipRooms.includes(room)
            ? []
            : [
                {
                  group: ['**/hardware/chips*'],
                  importNames: ['rk3588', 'chips'],
                  message: 'the chip is a parameter (CompileOptions.chip)',
                },
              ]),
        ],
      },
    ],
  },
}));

/** Everything imports hardware/, which imports nothing. */
const hardwareRules = [
  ['src/hardware/*.ts', '^\\.\\./'],
  ['src/hardware/*/*.ts', '^\\.\\./\\.\\./'],
].map(([files, regex]) => ({
  files: [files],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          { regex, message: 'hardware/ imports nothing' },
          { group: ['node:*'], message: 'hardware/ is facts' },
        ],
      },
    ],
  },
}));

const number = 'Literal[raw=/^[0-9]/]';
const silent =
  'a value that is not there is no number: at() of in_range.ts, optionOf() of graph/options.ts, or what it means';

/** `?? 0` and `[first = 0] = list`: a number where something is missing, which nobody hears of. */
const silentNumbers = [
  'LogicalExpression[operator="??"] >',
  'AssignmentExpression[operator="??="] >',
  'ArrayPattern > AssignmentPattern >',
  'VariableDeclarator > ObjectPattern > Property > AssignmentPattern >',
].flatMap((place) => [
  { selector: `${place} ${number}.right`, message: silent },
  { selector: `${place} UnaryExpression.right > ${number}`, message: silent },
]);

export default tseslint.config(
  { ignores: ['build', 'dist', 'prebuilds', 'node_modules', '.cache', '**/*.mjs', '**/*.cjs', 'eslint.config.js'] },
  ...tseslint.configs.recommended,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['test/**/*.ts'],
    ignores: ['test/host/skip.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.property.name="skip"]',
          message: 'a skip names its class: skip(this, reason) of test/host/skip.ts',
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    // The self-test makes its models up: their scales are what it says where a model names none.
    ignores: ['src/selftest/models.ts'],
    rules: { 'no-restricted-syntax': ['error', ...silentNumbers] },
  },
  ...directionRules,
  ...hardwareRules,
);

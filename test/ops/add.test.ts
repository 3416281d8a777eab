import { sumTests } from './sum_tests.js';

describe('ADD', () => sumTests('ADD'));

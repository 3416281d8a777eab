import { sumTests } from './sum_tests.js';

describe('SUB', () => sumTests('SUB'));

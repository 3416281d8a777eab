/** The page that `ptfe report --html` writes: its data stand in it. */
import type { ModelReport } from '../../src/report/model_report.js';
import { renderReports } from './render.js';

const data = document.getElementById('reports')?.textContent ?? '[]';
const main = document.querySelector('main');
if (main !== null) renderReports(main, JSON.parse(data) as readonly ModelReport[]);

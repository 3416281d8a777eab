/** Reports as one page that opens from disk: the bundle of web/report/ with its data in it. */
import type { ModelReport } from './model_report.js';

const place = /(<script type="application\/json" id="reports">)[^<]*(<\/script>)/;

/** @param page of scripts/report-page.mjs */
export const reportHtml = (page: string, reports: readonly ModelReport[]): string => {
  // Names in models may hold anything; nothing in JSON needs a bare `<`.
  const data = JSON.stringify(reports).replaceAll('<', '\\u003c');
  if (!place.test(page)) throw new Error('the page has no place for data');
  return page.replace(place, (_, before: string, after: string) => `${before}${data}${after}`);
};

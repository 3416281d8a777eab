// The page of `ptfe report --html` as one text: web/report/ bundled, with a place for the data (src/report/html.ts).
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}/web/report`;

export async function reportPage() {
  const bundled = async (entryPoint) => {
    const options = { bundle: true, minify: true, write: false, target: 'es2022', format: 'esm', charset: 'utf8' };
    const { outputFiles } = await build({ ...options, absWorkingDir: root, entryPoints: [entryPoint] });
    return outputFiles[0].text.trim().replaceAll('</script', '<\\/script');
  };
  const page = await readFile(`${folder}/index.html`, 'utf8');
  const [style, script] = [await bundled(`${folder}/report.css`), await bundled(`${folder}/main.ts`)];
  // Functions: a bundle may hold `$&`.
  return page.replace('/*style*/', () => style).replace('/*script*/', () => script);
}

/** What the canvas shows: a file, the camera, a digit of the examples, or what is drawn on it. */

const mostDigits = 10;

const context = (canvas: HTMLCanvasElement): CanvasRenderingContext2D => {
  const found = canvas.getContext('2d', { willReadFrequently: true });
  if (found === null) throw new Error('this browser has no canvas');
  return found;
};

/** The middle of a picture, as large as it gets. */
const drawMiddle = (canvas: HTMLCanvasElement, picture: CanvasImageSource, width: number, height: number): void => {
  const scale = Math.min(width / canvas.width, height / canvas.height);
  const [w, h] = [canvas.width * scale, canvas.height * scale];
  context(canvas).drawImage(picture, (width - w) / 2, (height - h) / 2, w, h, 0, 0, canvas.width, canvas.height);
};

export interface Sources {
  readonly showSample: () => Promise<void>;
  readonly stopCamera: () => void;
}

/** @param changed called when the canvas shows something else */
export const sources = (canvas: HTMLCanvasElement, changed: () => Promise<void>): Sources => {
  const byId = (id: string): HTMLElement => {
    const found = document.getElementById(id);
    if (found === null) throw new Error(`no ${id} in the page`);
    return found;
  };
  const [camera, video, picture] = [
    byId('camera'),
    byId('video') as HTMLVideoElement,
    byId('picture') as HTMLInputElement,
  ];
  const answer = byId('answer');
  let stream: MediaStream | null = null;
  let digit = 3;

  const showBlob = async (blob: Blob): Promise<void> => {
    const bitmap = await createImageBitmap(blob);
    drawMiddle(canvas, bitmap, bitmap.width, bitmap.height);
    bitmap.close();
    await changed();
  };
  const showSample = async (): Promise<void> => {
    const got = await fetch(new URL(`models/digit_${digit}.png`, document.baseURI));
    digit = (digit + 1) % mostDigits;
    await showBlob(await got.blob());
  };
  const stopCamera = (): void => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    camera.textContent = 'The camera';
  };
  const frames = async (): Promise<void> => {
    while (stream !== null) {
      drawMiddle(canvas, video, video.videoWidth, video.videoHeight);
      await changed();
      await new Promise(requestAnimationFrame);
    }
  };
  const startCamera = async (): Promise<void> => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      video.srcObject = stream;
      await video.play();
      camera.textContent = 'Stop the camera';
      await frames();
    } catch (error) {
      stopCamera();
      // Browsers give a camera to pages from https and from this computer only.
      answer.textContent = `No camera: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  camera.addEventListener('click', () => {
    if (stream === null) void startCamera();
    else stopCamera();
  });
  picture.addEventListener('change', () => {
    const [chosen] = picture.files ?? [];
    stopCamera();
    if (chosen !== undefined) void showBlob(chosen);
  });
  byId('sample').addEventListener('click', () => {
    stopCamera();
    void showSample();
  });
  byId('clear').addEventListener('click', () => {
    stopCamera();
    context(canvas).clearRect(0, 0, canvas.width, canvas.height);
    void changed();
  });
  let drawing = false;
  const stroke = (event: PointerEvent): void => {
    if (!drawing) return;
    const box = canvas.getBoundingClientRect();
    const [x, y] = [
      ((event.clientX - box.left) * canvas.width) / box.width,
      ((event.clientY - box.top) * canvas.height) / box.height,
    ];
    const pen = context(canvas);
    pen.fillStyle = 'white';
    pen.beginPath();
    pen.arc(x, y, canvas.width / 16, 0, 2 * Math.PI);
    pen.fill();
    void changed();
  };
  canvas.addEventListener('pointerdown', (event) => {
    stopCamera();
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    stroke(event);
  });
  canvas.addEventListener('pointermove', stroke);
  canvas.addEventListener('pointerup', () => (drawing = false));
  return { showSample, stopCamera };
};

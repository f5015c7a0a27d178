/* picture.ts: a screenshot made fit to send. Most go as they are; a huge or foreign one is redrawn as JPEG, because
 * the server takes PNG or JPEG up to 5 MB and a phone in a lift should not send twelve. */
const MAX_BYTES = 4 * 1024 * 1024,
  MAX_SIDE = 2400;

function load(file: File): Promise<HTMLImageElement> {
  return new Promise((done, fail) => {
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = fail;
    image.src = URL.createObjectURL(file);
  });
}

/* Rejects when the phone itself cannot open the picture. */
export async function fit(file: File): Promise<{ blob: Blob; name: string }> {
  const image = await load(file);
  try {
    if (/^image\/(png|jpeg)$/.test(file.type) && file.size <= MAX_BYTES) return { blob: file, name: file.name };
    const shrink = Math.min(1, MAX_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(image.naturalWidth * shrink);
    canvas.height = Math.round(image.naturalHeight * shrink);
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.85));
    if (!blob) throw new Error('no picture');
    return { blob, name: 'proof.jpg' };
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

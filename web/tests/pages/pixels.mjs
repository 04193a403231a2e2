// Pictures made smaller and compared, by the browser that made them: it can read and write what it shows.

/** How far a colour may be off, of 255, before it counts: text that is packed with loss is off by some. */
const OFF = 80;
/** The side of a square of the smaller picture. */
const SQUARE = 32;

const address = (kind, bytes) => `data:image/${kind};base64,${Buffer.from(bytes).toString("base64")}`;
const bytes = (url) => Buffer.from(url.split(",")[1], "base64");

/** A picture at a scale, small. */
export async function encode(page, png, scale) {
  return bytes(await page.evaluate(async ({ url, scale }) => {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/webp", 0.55);
  }, { url: address("png", png), scale }));
}

/** Which share of two pictures differs, which of their worst square, and a picture of where. */
export async function compare(page, kept, png, scale) {
  const packed = await encode(page, png, scale);
  const found = await page.evaluate(async ({ urls, off, side }) => {
    const [before, now] = await Promise.all(urls.map(async (url) => {
      const picture = new Image();
      picture.src = url;
      await picture.decode();
      return picture;
    }));
    const [width, height] = [Math.max(before.width, now.width), Math.max(before.height, now.height)];
    const pixels = (picture) => {
      const canvas = document.createElement("canvas");
      Object.assign(canvas, { width, height });
      const pen = canvas.getContext("2d", { willReadFrequently: true });
      // Where one of them ends, the other is held against a colour that no page has.
      pen.fillStyle = "#f0f";
      pen.fillRect(0, 0, width, height);
      pen.drawImage(picture, 0, 0);
      return { canvas, pen, data: pen.getImageData(0, 0, width, height) };
    };
    const [one, other] = [pixels(before), pixels(now)];
    const squares = new Map();
    let count = 0;
    for (let at = 0; at < width * height; at += 1) {
      const differs = [0, 1, 2].some((channel) => Math.abs(one.data.data[at * 4 + channel] - other.data.data[at * 4 + channel]) > off);
      if (differs) {
        count += 1;
        const square = `${Math.floor((at % width) / side)} ${Math.floor(at / width / side)}`;
        squares.set(square, (squares.get(square) ?? 0) + 1);
      }
      const grey = (other.data.data[at * 4] + other.data.data[at * 4 + 1] + other.data.data[at * 4 + 2]) / 6 + 127;
      other.data.data.set(differs ? [220, 0, 60, 255] : [grey, grey, grey, 255], at * 4);
    }
    other.pen.putImageData(other.data, 0, 0);
    return {
      share: count / (width * height), square: Math.max(0, ...squares.values()) / (side * side),
      sizes: `${before.width} × ${before.height} before, ${now.width} × ${now.height} now`, difference: other.canvas.toDataURL("image/png"),
    };
  }, { urls: [address("webp", kept), address("webp", packed)], off: OFF, side: SQUARE });
  return { ...found, difference: bytes(found.difference) };
}

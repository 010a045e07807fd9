/** Colours of the grid, out of the style sheet: the canvas knows no variables. */

type Rgb = readonly [red: number, green: number, blue: number];

export interface Colours {
  readonly surface: Rgb;
  readonly raised: Rgb;
  readonly line: Rgb;
  readonly text: Rgb;
  readonly quiet: Rgb;
  /** Of shares, from a little to all of a cell: lightness rises or falls all the way, so that no hue is needed to read them. */
  readonly little: Rgb;
  readonly all: Rgb;
  /** The same of whoever is highlighted. */
  readonly markLittle: Rgb;
  readonly mark: Rgb;
  readonly rate: Rgb;
}

const names = {
  surface: '--surface',
  raised: '--raised',
  line: '--line',
  text: '--text',
  quiet: '--quiet',
  little: '--crown-little',
  all: '--crown-all',
  markLittle: '--crown-mark-little',
  mark: '--crown-mark',
  rate: '--crown-rate',
} as const;

/** As they are where `element` stands, in the theme that is on. */
export function coloursOf(element: HTMLElement): Colours {
  const probe = element.ownerDocument.createElement('span');
  probe.hidden = true;
  element.append(probe);
  const colours = Object.fromEntries(
    Object.entries(names).map(([name, variable]) => {
      probe.style.color = `var(${variable})`;
      return [name, rgbOf(getComputedStyle(probe).color)];
    }),
  );
  probe.remove();
  return colours as unknown as Colours;
}

const rgbOf = (text: string): Rgb => {
  const [red = 0, green = 0, blue = 0] = (text.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
};

export const css = ([red, green, blue]: Rgb, alpha = 1): string => `rgb(${red} ${green} ${blue} / ${alpha})`;

/** By shade (0 to 255) a pixel as ImageData has it, little-endian; 0 is nothing at all. */
export function palette(little: Rgb, all: Rgb): Uint32Array {
  const pixels = new Uint32Array(256);
  for (let shade = 1; shade < 256; shade += 1) {
    const [red, green, blue] = mixed(little, all, shade / 255);
    pixels[shade] = (255 << 24) | (blue << 16) | (green << 8) | red;
  }
  return pixels;
}

/** Few enough colours to be kept as text, many enough to be told apart: sixteen steps. */
export const steps = 16;
export const stepsOf = (little: Rgb, all: Rgb): string[] =>
  Array.from({ length: steps }, (_, i) => css(mixed(little, all, (i + 1) / steps)));

const mixed = (a: Rgb, b: Rgb, part: number): Rgb => [
  Math.round(a[0] + (b[0] - a[0]) * part),
  Math.round(a[1] + (b[1] - a[1]) * part),
  Math.round(a[2] + (b[2] - a[2]) * part),
];
